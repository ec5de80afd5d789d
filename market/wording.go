package market

import "strconv"

// wording is what a language has to say about events. Forms with a verb are fmt's; those in braces are filled by name.
type wording struct {
	colon, comma, stop       string
	offer, rule, median      string
	medianOf                 string
	price, limit             string
	atLeast, exactly         string
	before, lastTold         string
	among, only              string
	seen, lastSeen           string
	because, reason          string
	test, sample, sampleData string
	gone                     string
	markets                  map[Market]string
	stocks                   map[Stock]string
	untold                   map[AlertEventKind]string
	verdicts                 map[AlertCondition]verdictForms
	months, offers           func(int64) string
	days, hours, minutes     func(int64) string
}

// verdictForms say a condition: that it holds, more than before, and no longer.
type verdictForms struct{ holds, further, resolved string }

var english = wording{
	colon: ": ", comma: ", ", stop: ".",
	offer: "%s %s (%s × %s)", rule: "Rule “%s”", median: "Median of %s", medianOf: "Median of %s over %s",
	price: "%s %s per card-hour", limit: " (line: %s)", atLeast: "at least ",
	before: "before %s", lastTold: "last told at %s",
	among: "the cheapest of %d offers", only: "the only offer",
	seen: "seen %s", lastSeen: "; last seen %s",
	because: "because ", reason: ": ",
	test: "This is a test of rule “%s”; nothing has happened", sample: ". It would say: ", sampleData: "sample data and nobody’s price",
	gone:    "out of stock or withdrawn",
	markets: map[Market]string{OnDemand: "on demand", Spot: "spot", Reserved: "reserved"},
	stocks:  map[Stock]string{Available: "in stock", Limited: "in stock, but limited", SoldOut: "sold out"},
	untold: map[AlertEventKind]string{
		NoData:      "Rule “%s” matches no offer now, which is not a price of zero",
		SourceError: "Rule “%s” is not judged for now, because its sources are stale or failing",
	},
	verdicts: map[AlertCondition]verdictForms{
		Below:      {"at or below {threshold}", "further below {threshold}", "no longer at or below {threshold}"},
		Above:      {"at or above {threshold}", "further above {threshold}", "no longer at or above {threshold}"},
		Drops:      {"down {moved} % within {window}", "further down, {atLeast}{percent} % within {window}", "no longer down {percent} % within {window}"},
		Rises:      {"up {moved} % within {window}", "further up, {atLeast}{percent} % within {window}", "no longer up {percent} % within {window}"},
		NewLow:     {"the lowest within {window}", "lower still, the lowest within {window}", "no longer the lowest within {window}"},
		BelowIndex: {"{atLeast}{percent} % below the index{limit}", "further below the index, {atLeast}{percent} %{limit}", "no longer {percent} % below the index{limit}"},
		AboveIndex: {"{atLeast}{percent} % above the index{limit}", "further above the index, {atLeast}{percent} %{limit}", "no longer {percent} % above the index{limit}"},
	},
	months: counted("month"), offers: counted("offer"), days: counted("day"), hours: counted("hour"), minutes: counted("minute"),
}

var chinese = wording{
	colon: "：", comma: "，", stop: "。",
	offer: "%s %s（%s × %s）", rule: "规则“%s”", median: "%s 的中位价", medianOf: "%s 的中位价（%s）",
	price: "每卡时 %s %s", limit: "（界线 %s）", atLeast: "至少 ", exactly: " ",
	before: "此前 %s", lastTold: "上次通知时 %s",
	among: "%d 个报价中最低", only: "唯一报价",
	seen: "读取于 %s", lastSeen: "；最后读取于 %s",
	because: "原因：", reason: "：",
	test: "这是规则“%s”的测试，实际并未触发", sample: "。届时内容为：", sampleData: "示例数据，并非真实报价",
	gone:    "缺货或已下架",
	markets: map[Market]string{OnDemand: "按需", Spot: "竞价", Reserved: "包期"},
	stocks:  map[Stock]string{Available: "有货", Limited: "有货但数量有限", SoldOut: "售罄"},
	untold: map[AlertEventKind]string{
		NoData:      "规则“%s”目前没有匹配的报价，这并不表示价格为零",
		SourceError: "规则“%s”暂停判断，因为其数据源已过期或读取失败",
	},
	verdicts: map[AlertCondition]verdictForms{
		Below:      {"不高于 {threshold}", "进一步低于 {threshold}", "已回升，不再满足“不高于 {threshold}”"},
		Above:      {"不低于 {threshold}", "进一步高于 {threshold}", "已回落，不再满足“不低于 {threshold}”"},
		Drops:      {"{window}内下跌{moved}%", "继续下跌，{window}内{atLeast}{percent}%", "{window}内跌幅已不足 {percent}%"},
		Rises:      {"{window}内上涨{moved}%", "继续上涨，{window}内{atLeast}{percent}%", "{window}内涨幅已不足 {percent}%"},
		NewLow:     {"为 {window}内最低", "再创 {window}内新低", "已不是 {window}内最低"},
		BelowIndex: {"低于指数{atLeast}{percent}%{limit}", "进一步低于指数，{atLeast}{percent}%{limit}", "低于指数已不足 {percent}%{limit}"},
		AboveIndex: {"高于指数{atLeast}{percent}%{limit}", "进一步高于指数，{atLeast}{percent}%{limit}", "高于指数已不足 {percent}%{limit}"},
	},
	months: measured("个月"), offers: measured("个报价"), days: measured("天"), hours: measured("小时"), minutes: measured("分钟"),
}

// counted is a number with its English noun.
func counted(noun string) func(int64) string {
	return func(n int64) string {
		if n == 1 {
			return "1 " + noun
		}
		return strconv.FormatInt(n, 10) + " " + noun + "s"
	}
}

// measured is a number with its Chinese measure word.
func measured(word string) func(int64) string {
	return func(n int64) string { return strconv.FormatInt(n, 10) + " " + word }
}
