// Package fleet is the agent that runs beside cards of our own and tells a server about them.
//
// It is two processes of one program. The probe makes every call to NVML, because a driver can hang its caller, or end it where nothing can
// be caught, and cannot be loaded anew after an upgrade. The agent never calls NVML: it starts the probe, asks it for a sweep over all cards,
// starts another where one dies, and reports to the server even while there is none.
package fleet
