// A libnvidia-ml.so.1 that plays a script. It is for tests alone, and is built against go-nvml's own nvml.h, so that the compiler checks
// every prototype and every layout.
//
// The script is the file named in FAKENVML, read anew whenever it changes. Time is the number of the sweep: how often the cards were counted.
//
//   driver 580.159.03
//   gpu 0 name="NVIDIA H200" uuid=GPU-.. bus=00000000:18:00.0 total=143771 reserved=614 used=0 ...  (MiB; see KEYS)
//   gpu 0 state=15            every call about the card returns that code
//   proc 0 compute 2          how many compute (graphics, mps) processes hold the card
//   mig 0 3 uuid=MIG-.. gi=2 ci=0 gislices=3 slices=1 mem=71424 used=1000 procs=1 ofa=0
//   xid 0 79                  an event, told once
//   init 18                   nvmlInit returns it
//   ret NAME#GPU CODE         that function returns it, for that card or (without #GPU) for all
//   delay NAME#GPU MS         that function takes so long
//   at N ...                  the rest holds from sweep N on
//
// With -DOLD_DRIVER it lacks what driver 470 lacks.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nvml.h"

#define GPUS 16
#define MIGS 7
#define LINES 256

// KEYS of a card. What is set to na is not supported.
enum { TOTAL, RESERVED, USED, UTIL, TEMP, POWER, RECOVERY, REMAP, REMAPFAILED, ECC, REASONS, WIDTH, WIDTHMAX, FABRIC, FABRICSTATUS, FABRICHEALTH,
       MIGMODE, MIGPENDING, STATE, GI, CI, GISLICES, SLICES, MEM, OFA, PROCS, KEYS };
static const char *names[KEYS] = {"total", "reserved", "used", "util", "temp", "power", "recovery", "remap", "remapfailed", "ecc", "reasons", "width",
    "widthmax", "fabric", "fabricstatus", "fabrichealth", "mig", "migpending", "state", "gi", "ci", "gislices", "slices", "mem", "ofa", "procs"};
#define NA (-1)

struct nvmlDevice_st { // a card, or a MIG instance of one
    int present, gpu;
    char name[96], uuid[96], bus[96];
    long long v[KEYS];
    int compute, graphics, mps;
};
typedef struct nvmlDevice_st card;

static card cards[GPUS], migs[GPUS][MIGS];
static char driver[80], *script[LINES];
static int lines, initCode, sweeps, told[LINES];
static struct stat last;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static char eventSet;

static void setKey(card *c, const char *key, const char *value) {
    if (!strcmp(key, "name")) snprintf(c->name, sizeof c->name, "%s", value);
    if (!strcmp(key, "uuid")) snprintf(c->uuid, sizeof c->uuid, "%s", value);
    if (!strcmp(key, "bus")) snprintf(c->bus, sizeof c->bus, "%s", value);
    for (int k = 0; k < KEYS; k++)
        if (!strcmp(key, names[k])) c->v[k] = strcmp(value, "na") ? atoll(value) : NA;
}

static void setAll(card *c, int gpu, char *rest) { // key=value or key="two words"
    c->present = 1, c->gpu = gpu;
    for (char key[32], value[96]; rest; rest = strchr(rest, ' ')) {
        while (*rest == ' ') rest++;
        if (sscanf(rest, "%31[^= ]=\"%95[^\"]\"", key, value) == 2) rest = strchr(strchr(rest, '"') + 1, '"');
        else if (sscanf(rest, "%31[^= ]=%95[^ ]", key, value) != 2) return;
        setKey(c, key, value);
    }
}

static char *due(int i) { // a line without its "at N"; null where it does not hold yet
    int n, used;
    if (sscanf(script[i], "at %d %n", &n, &used) != 1) return script[i];
    return sweeps >= n ? script[i] + used : NULL;
}

static void play(char *line) {
    int gpu, number, used = 0;
    char kind[16];
    if (sscanf(line, "driver %79s", driver) == 1 || sscanf(line, "init %d", &initCode) == 1) return;
    if (sscanf(line, "gpu %d %n", &gpu, &used) == 1) setAll(&cards[gpu], gpu, line + used);
    else if (sscanf(line, "mig %d %d %n", &gpu, &number, &used) == 2) setAll(&migs[gpu][number], gpu, line + used);
    else if (sscanf(line, "proc %d %15s %d", &gpu, kind, &number) == 3)
        *(*kind == 'c' ? &cards[gpu].compute : *kind == 'g' ? &cards[gpu].graphics : &cards[gpu].mps) = number;
}

static void readScript(void) {
    struct stat now;
    const char *path = getenv("FAKENVML");
    if (!path || stat(path, &now)) return;
    if (now.st_ino == last.st_ino && now.st_size == last.st_size && now.st_mtim.tv_nsec == last.st_mtim.tv_nsec && now.st_mtim.tv_sec == last.st_mtim.tv_sec) return;
    FILE *f = fopen(path, "r");
    char line[1024];
    for (int i = 0; i < lines; i++) free(script[i]);
    lines = 0, last = now, memset(told, 0, sizeof told);
    while (f && lines < LINES && fgets(line, sizeof line, f)) line[strcspn(line, "\n")] = 0, script[lines++] = strdup(line);
    if (f) fclose(f);
}

static void refresh(void) {
    readScript();
    memset(cards, 0, sizeof cards), memset(migs, 0, sizeof migs), initCode = 0;
    for (int i = 0; i < lines; i++)
        if (due(i)) play(due(i));
}

// enter is the beginning of every call: it waits and fails as the script says.
static int enter(const char *name, card *c) {
    int ms = 0, ret = c && c->v[STATE] > 0 ? (int)c->v[STATE] : 0;
    char want[96], on[16];
    pthread_mutex_lock(&guard);
    for (int i = 0; i < lines; i++) {
        int n, isRet;
        char *line = due(i);
        if (!line || ((isRet = sscanf(line, "delay %95s %d", want, &n) != 2) && sscanf(line, "ret %95s %d", want, &n) != 2)) continue;
        snprintf(on, sizeof on, "#%d", c ? c->gpu : -1);
        char *hash = strchr(want, '#');
        if (hash && strcmp(hash, on)) continue;
        if (hash) *hash = 0;
        if (!strcmp(want, name)) *(isRet ? &ret : &ms) = n;
    }
    pthread_mutex_unlock(&guard);
    if (ms) usleep(ms * 1000);
    return ret;
}

#define ENTER(c) do { int code = enter(__func__, c); if (code) return code; } while (0)
#define GET(function, type, key) nvmlReturn_t function(nvmlDevice_t d, type *out) { ENTER(d.handle); if (d.handle->v[key] == NA) return 3; *out = d.handle->v[key]; return 0; }

static int initialize(const char *name) {
    pthread_mutex_lock(&guard);
    refresh();
    pthread_mutex_unlock(&guard);
    int code = enter(name, NULL);
    return code ? code : initCode;
}
nvmlReturn_t nvmlInit_v2(void) { return initialize("nvmlInit"); }
nvmlReturn_t nvmlInit(void) { return initialize("nvmlInit"); }
nvmlReturn_t nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(nvmlReturn_t r) { return r ? "an error" : "no error"; }
nvmlReturn_t nvmlSystemGetDriverVersion(char *out, unsigned int n) { ENTER(NULL); snprintf(out, n, "%s", driver); return 0; }
nvmlReturn_t nvmlSystemGetNVMLVersion(char *out, unsigned int n) { ENTER(NULL); snprintf(out, n, "13.%s", driver); return 0; }
nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *out) { ENTER(NULL); *out = 13010; return 0; }

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *out) {
    pthread_mutex_lock(&guard);
    sweeps++;
    refresh();
    *out = 0;
    for (int i = 0; i < GPUS; i++) *out += cards[i].present;
    pthread_mutex_unlock(&guard);
    ENTER(NULL);
    return 0;
}
nvmlReturn_t nvmlDeviceGetCount(unsigned int *out) { return nvmlDeviceGetCount_v2(out); }
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int i, nvmlDevice_t *out) {
    if (i >= GPUS || !cards[i].present) return 2;
    ENTER(&cards[i]);
    out->handle = &cards[i];
    return 0;
}
nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int i, nvmlDevice_t *out) { return nvmlDeviceGetHandleByIndex_v2(i, out); }

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t d, char *out, unsigned int n) { ENTER(d.handle); snprintf(out, n, "%s", d.handle->uuid); return 0; }
nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t d, char *out, unsigned int n) { ENTER(d.handle); snprintf(out, n, "%s", d.handle->name); return 0; }
nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t d, nvmlPciInfo_t *out) {
    ENTER(d.handle);
    memset(out, 0, sizeof *out);
    snprintf(out->busId, sizeof out->busId, "%s", d.handle->bus);
    return 0;
}

static unsigned long long bytes(card *c, int key) { return (unsigned long long)c->v[key] << 20; }
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t d, nvmlMemory_t *out) {
    ENTER(d.handle);
    if (d.handle->v[TOTAL] == NA) return 3;
    *out = (nvmlMemory_t){.total = bytes(d.handle, TOTAL), .used = bytes(d.handle, USED) + bytes(d.handle, RESERVED)};
    out->free = out->total - out->used;
    return 0;
}
GET(nvmlDeviceGetPowerUsage, unsigned int, POWER)
GET(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, REASONS)
GET(nvmlDeviceGetCurrPcieLinkWidth, unsigned int, WIDTH)
GET(nvmlDeviceGetMaxPcieLinkWidth, unsigned int, WIDTHMAX)
GET(nvmlDeviceGetGpuInstanceId, unsigned int, GI)
GET(nvmlDeviceGetComputeInstanceId, unsigned int, CI)
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t d, nvmlTemperatureSensors_t s, unsigned int *out) { ENTER(d.handle); *out = s ? 0 : d.handle->v[TEMP]; return 0; }
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t d, nvmlUtilization_t *out) {
    ENTER(d.handle);
    if (d.handle->v[UTIL] == NA) return 3;
    out->gpu = d.handle->v[UTIL], out->memory = 0;
    return 0;
}
nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t d, nvmlMemoryErrorType_t e, nvmlEccCounterType_t t, unsigned long long *out) {
    ENTER(d.handle);
    if (d.handle->v[ECC] == NA) return 3;
    *out = e == NVML_MEMORY_ERROR_TYPE_UNCORRECTED && t == NVML_VOLATILE_ECC ? d.handle->v[ECC] : 77;
    return 0;
}
nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t d, unsigned int *c, unsigned int *u, unsigned int *pending, unsigned int *failed) {
    ENTER(d.handle);
    if (d.handle->v[REMAP] == NA) return 3;
    *c = *u = 0, *pending = d.handle->v[REMAP], *failed = d.handle->v[REMAPFAILED];
    return 0;
}
nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t d, int n, nvmlFieldValue_t *f) {
    ENTER(d.handle);
    for (int i = 0; i < n; i++) {
        f[i].nvmlReturn = f[i].fieldId == NVML_FI_DEV_GET_GPU_RECOVERY_ACTION && d.handle->v[RECOVERY] != NA ? 0 : 3;
        f[i].valueType = NVML_VALUE_TYPE_UNSIGNED_INT, f[i].value.uiVal = d.handle->v[RECOVERY];
    }
    return 0;
}

#define PROCESSES(function, type, has) nvmlReturn_t function(nvmlDevice_t d, unsigned int *n, type *out) { \
    ENTER(d.handle); unsigned int room = *n; *n = has; if (*n > room) return NVML_ERROR_INSUFFICIENT_SIZE; \
    memset(out, 0, *n * sizeof *out); for (unsigned int i = 0; i < *n; i++) out[i].pid = 4242 + i; return 0; }
#define COMPUTE (d.handle->compute + (int)d.handle->v[PROCS])
PROCESSES(nvmlDeviceGetComputeRunningProcesses, nvmlProcessInfo_v1_t, COMPUTE)
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v2, nvmlProcessInfo_v2_t, COMPUTE)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses, nvmlProcessInfo_v1_t, d.handle->graphics)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v2, nvmlProcessInfo_v2_t, d.handle->graphics)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses, nvmlProcessInfo_v1_t, d.handle->mps)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v2, nvmlProcessInfo_v2_t, d.handle->mps)

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t d, unsigned int *current, unsigned int *pending) {
    ENTER(d.handle);
    if (d.handle->v[MIGMODE] == NA) return 3;
    *current = d.handle->v[MIGMODE], *pending = d.handle->v[MIGPENDING];
    return 0;
}
nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t d, unsigned int *out) { ENTER(d.handle); *out = MIGS; return 0; }
nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t d, unsigned int i, nvmlDevice_t *out) {
    ENTER(d.handle);
    if (i >= MIGS || !migs[d.handle->gpu][i].present) return NVML_ERROR_NOT_FOUND;
    out->handle = &migs[d.handle->gpu][i];
    return 0;
}
nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t d, nvmlDeviceAttributes_t *out) {
    ENTER(d.handle);
    memset(out, 0, sizeof *out);
    out->gpuInstanceSliceCount = d.handle->v[GISLICES], out->computeInstanceSliceCount = d.handle->v[SLICES];
    out->memorySizeMB = d.handle->v[MEM], out->sharedOfaCount = d.handle->v[OFA];
    return 0;
}

nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *out) { ENTER(NULL); out->handle = (void *)&eventSet; return 0; }
nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t s) { (void)s; return 0; }
nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t d, unsigned long long *out) { ENTER(d.handle); *out = nvmlEventTypeXidCriticalError; return 0; }
nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t d, unsigned long long types, nvmlEventSet_t s) { (void)types, (void)s; ENTER(d.handle); return 0; }
nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t s, nvmlEventData_t *out, unsigned int ms) {
    (void)s;
    ENTER(NULL);
    for (unsigned int waited = 0; waited < ms; waited += 2, usleep(2000)) {
        int found = 0, gpu, xid;
        pthread_mutex_lock(&guard);
        for (int i = 0; i < lines && !found; i++)
            if (!told[i] && due(i) && sscanf(due(i), "xid %d %d", &gpu, &xid) == 2) found = told[i] = 1;
        pthread_mutex_unlock(&guard);
        if (!found) continue;
        *out = (nvmlEventData_t){.device = {&cards[gpu]}, .eventType = nvmlEventTypeXidCriticalError, .eventData = xid, .gpuInstanceId = ~0u, .computeInstanceId = ~0u};
        return 0;
    }
    return NVML_ERROR_TIMEOUT;
}

#ifndef OLD_DRIVER
nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t d, nvmlMemory_v2_t *out) {
    ENTER(d.handle);
    if (out->version != nvmlMemory_v2) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    if (d.handle->v[TOTAL] == NA) return 3;
    out->total = bytes(d.handle, TOTAL), out->reserved = bytes(d.handle, RESERVED), out->used = bytes(d.handle, USED);
    out->free = out->total - out->reserved - out->used;
    return 0;
}
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v3, nvmlProcessInfo_t, COMPUTE)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v3, nvmlProcessInfo_t, d.handle->graphics)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v3, nvmlProcessInfo_t, d.handle->mps)
GET(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, REASONS)
nvmlReturn_t nvmlDeviceGetGpuFabricInfo(nvmlDevice_t d, nvmlGpuFabricInfo_t *out) {
    ENTER(d.handle);
    if (d.handle->v[FABRIC] == NA) return 3;
    out->state = d.handle->v[FABRIC], out->status = d.handle->v[FABRICSTATUS];
    return 0;
}
nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t d, nvmlGpuFabricInfoV_t *all) {
    nvmlGpuFabricInfo_v2_t *out = (nvmlGpuFabricInfo_v2_t *)all;
    ENTER(d.handle);
    if (out->version != nvmlGpuFabricInfo_v2) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    if (d.handle->v[FABRIC] == NA) return 3;
    out->state = d.handle->v[FABRIC], out->status = d.handle->v[FABRICSTATUS], out->healthMask = d.handle->v[FABRICHEALTH];
    return 0;
}
#endif
