package market

import "strings"

// vendorWords are the words by which a name tells its card's maker.
var vendorWords = map[string]string{
	"nvidia": "NVIDIA", "geforce": "NVIDIA", "quadro": "NVIDIA", "tesla": "NVIDIA", "grid": "NVIDIA",
	"rtx": "NVIDIA", "gtx": "NVIDIA", "gpu": "NVIDIA", "hgx": "NVIDIA", "dgx": "NVIDIA",
	"amd": "AMD", "radeon": "AMD", "instinct": "AMD",
	"intel": "Intel", "habana": "Intel",
	"huawei": "Huawei", "ascend": "Huawei", "atlas": "Huawei",
	"hygon": "Hygon", "dcu": "Hygon",
	"cambricon": "Cambricon", "metax": "MetaX", "xiyun": "MetaX",
	"mtt": "Moore Threads", "moorethreads": "Moore Threads",
	"kunlun": "Kunlunxin", "kunlunxin": "Kunlunxin", "xpu": "Kunlunxin",
	"iluvatar": "Iluvatar", "enflame": "Enflame", "cloudblazer": "Enflame", "biren": "Biren",
	"qualcomm": "Qualcomm",
}

// weakVendorWords also name processors, or cards in general: they support a spelling but tell no maker by themselves.
var weakVendorWords = map[string]bool{"amd": true, "intel": true, "gpu": true, "huawei": true, "qualcomm": true, "grid": true}

// hanVendors are the makers' names in Chinese, found by their characters.
var hanVendors = map[string]string{
	"英伟达": "NVIDIA", "华为": "Huawei", "昇腾": "Huawei", "升腾": "Huawei", "海光": "Hygon", "寒武纪": "Cambricon",
	"思元": "Cambricon", "沐曦": "MetaX", "曦云": "MetaX", "摩尔线程": "Moore Threads", "昆仑": "Kunlunxin",
	"天数智芯": "Iluvatar", "天数": "Iluvatar", "燧原": "Enflame", "云燧": "Enflame", "壁仞": "Biren", "壁砺": "Biren",
}

// familiarWords go with any card and change nothing about which one it is.
var familiarWords = wordSet(`
	g gb gib mb vram memory hbm e gddr card cards gpus tensor core nvlink ib graphics accelerator
	sxm pcie nvl oam fhhl pci express edition server workstation generation laptop mobile max q notebook embedded
	cloud compute oci secure community spot on demand vws ws 英 伟 达 卡 张 单 显 存 版 国 产 加 速 华 为 昇 腾 海 光
	寒 武 纪 沐 曦 云 摩 尔 线 程 昆 仑 芯 天 数 智 燧 原 壁 仞 砺`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

func (r *reader) noteVendor(i int) {
	if vendor := vendorWords[r.atoms[i].text]; vendor != "" {
		r.vendors[vendor] = true
	}
	if isChip(r.atoms, i) {
		r.vendors["NVIDIA"] = true
	}
	if vendor := r.hanVendorAt(i); vendor != "" {
		r.vendors[vendor] = true
	}
}

func (r *reader) hanVendorAt(i int) string {
	if r.atoms[i].kind != hanAtom {
		return ""
	}
	word := ""
	for j := i; j < len(r.atoms) && j < i+4 && r.atoms[j].kind == hanAtom; j++ {
		word += r.atoms[j].text
		if vendor := hanVendors[word]; vendor != "" {
			return vendor
		}
	}
	return ""
}

// nvidiaChips are the letters of NVIDIA's chip names, as in GA102GL.
var nvidiaChips = wordSet("gk gm gp gv tu ga ad gh gb")

// isChip is true inside a word such as GA102GL.
func isChip(atoms []atom, i int) bool {
	for start := i; start >= 0 && start >= i-2; start-- {
		if !atoms[start].glued {
			return nvidiaChips[atoms[start].text] && start+1 < len(atoms) && atoms[start+1].glued && len(atoms[start+1].text) == 3
		}
	}
	return false
}

// soleVendor is the maker when the name tells exactly one.
func (r *reader) soleVendor() string {
	vendors := map[string]bool{}
	for i, a := range r.atoms {
		if vendor := vendorWords[a.text]; vendor != "" && !weakVendorWords[a.text] {
			vendors[vendor] = true
		}
		if vendor := r.hanVendorAt(i); vendor != "" && vendor != "Huawei" {
			vendors[vendor] = true
		}
	}
	for _, m := range r.matches() {
		if !m.unmet {
			vendors[m.vendor] = true
		}
	}
	return only(vendors)
}

func only(set map[string]bool) string {
	if len(set) != 1 {
		return ""
	}
	for one := range set {
		return one
	}
	return ""
}
