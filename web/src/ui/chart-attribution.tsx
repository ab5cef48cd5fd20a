/** The attribution that the licence of the chart library requires. */
export function ChartAttribution() {
  return (
    <a
      href="https://www.tradingview.com/"
      target="_blank"
      rel="noreferrer"
      className="underline hover:text-ink"
    >
      TradingView
    </a>
  )
}
