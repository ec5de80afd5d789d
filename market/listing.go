package market

// Listing is a row in the provider's own words, as a parser hands it over: nothing is computed yet, and what the row does
// not say is empty.
type Listing struct {
	// SKU is the provider's own name of the thing, verbatim.
	SKU string
	// Variant tells two rows with one SKU apart (a tier, a size, a memory slice); it becomes part of the offer's id.
	Variant string
	// GpuName is the accelerator's name, verbatim. Empty means that the SKU alone says it, as an instance type does.
	GpuName string
	// CardMemoryGB is the memory of one card where the row has a column for it: it tells variants of a model apart.
	CardMemoryGB float64
	// FormFactor is SXM, PCIe, NVL or OAM where the row has a column for it.
	FormFactor string
	// Count is the number of cards as printed, "8" or "1/4". Empty means that the SKU implies it, as an instance type does.
	Count    string
	VCPUs    *int
	MemoryGB *float64
	Region   string
	Country  string
	Area     Area
	Market   Market
	// Months is the commitment of a RESERVED row.
	Months int
	// Price is the amount as printed, "$49.24". Empty, a dash or "N/A" is no price.
	Price    string
	Currency Currency
	Per      PriceBasis
	Period   Period
	Stock    Stock
	// GpusAvailable is the number of cards free now, where the row says so.
	GpusAvailable *int
	// Kind is the kind of seller where it is not the provider's own.
	Kind ProviderKind
	// Tax says whether the price includes tax, where the source prints it.
	Tax Tax
	// Tier is what the source calls the price where it prints several: "member price", "first 96 hours".
	Tier string
	// Pool names the part of a marketplace that the row is in, such as "europe"; it takes the region's place in the offer's id. The
	// rows of one pool, name, card count and market are one offer: the cheapest, with the depth of the rest.
	Pool string
	// Ask is the marketplace's own number of a row in a pool, so that one which two answers list counts once.
	Ask string
	// Cut says that the answer may have left out further rows of the pool: its cheapest is known, its depth is not.
	Cut bool
	// Refusal is why the provider's parser already knows that the row is no offer ("Windows licence included"). Empty for the rest.
	Refusal string
}

// Rejected is a row kept out of the offers, with the reason: nothing is dropped in silence, and nothing doubtful is served as a price.
type Rejected struct {
	SKU string
	// Text is the row's price in the provider's words.
	Text   string
	Reason string
	// Document is the address of the page the row stood on.
	Document string
}
