// Puts GraphiQL on the page, with a first query.
(() => {
  const root = document.getElementById('graphiql');
  const url = root.dataset.endpoint;
  const defaultQuery = `# The cheapest on-demand H100, with how old each price is and where it was read.
# Ctrl-Space completes a field, and the book on the left is the whole manual.
{
  offers(filter: { gpus: ["H100"], markets: [ON_DEMAND] }, first: 10) {
    totalCount
    nodes {
      provider { name }
      kind
      sku
      gpuCount
      region
      listed { amount currency per period }
      usd: pricePerGpuHour
      cny: pricePerGpuHour(currency: "CNY")
      stock
      observedAt
      stale
      source { url }
    }
  }
}
`;
  root.replaceChildren();
  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, { fetcher: GraphiQL.createFetcher({ url }), defaultQuery, shouldPersistHeaders: false }),
  );
})();
