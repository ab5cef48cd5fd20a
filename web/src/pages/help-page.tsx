import { t } from '@lingui/core/macro'
import { useEffect } from 'react'
import { KeyList } from '@/features/help/key-list'
import { Formulas, Section } from '@/features/help/prose'
import { exampleOf, topicsOf } from '@/features/help/topics'
import { Worked } from '@/features/help/worked-example'
import { connection } from '@/live/connection'
import type { PriceSource } from '@/live/price-source'
import { SiteHeader } from '@/pages/site-header'
import * as format from '@/format'
import { type AssetInfo, hasCosts, markets } from '@/markets'
import { useStore } from '@/store'
import { useTitle } from '@/ui/use-title'

/** The help page for traders; its formulas are those of the engine. */
export function HelpPage() {
  useTitle(t`How trading works`)
  const list = useStore(markets)
  const [example] = list
  const isCostly = list.some(hasCosts)
  const plain = exampleOf(list)
  useEffect(() => {
    // The page is loaded after the browser has handled the fragment.
    const id = location.hash.slice(1)
    if (id) document.querySelector(`[id="${CSS.escape(id)}"]`)?.scrollIntoView()
  }, [])
  // The frame of the page shows it only with a market.
  if (!example) return null
  return (
    <div className="min-h-full">
      <SiteHeader />
      <div className="mx-auto flex max-w-5xl gap-12 px-4 py-8 sm:px-6 sm:py-12">
        <nav
          aria-label={t`On this page`}
          className="sticky top-26 hidden normal-nums w-48 shrink-0 self-start lg:block"
        >
          <ul className="flex flex-col gap-1 border-l border-line">
            {topicsOf(list).map(([id, title]) => (
              <li key={id}>
                <a
                  href={`#${id}`}
                  className="-ml-px block border-l border-transparent py-1 pl-4 text-soft hover:border-accent hover:text-ink"
                >
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="content" className="flex min-w-0 max-w-2xl flex-1 flex-col gap-10">
          <h1 className="text-3xl font-semibold tracking-tight">{t`How trading works`}</h1>
          <Contracts isCostly={isCostly} />
          <Spread />
          <Margin market={example} />
          <Pnl />
          {isCostly && <Costs />}
          <Liquidation market={example} />
          <Exits />
          <Changes />
          <Account />
          {plain && (
            <Section id="example" title={t`A worked example`}>
              <Worked market={plain} />
            </Section>
          )}
          <Keyboard />
        </main>
      </div>
    </div>
  )
}

/** Says what the money and the prices are. */
function sourceWords(source: PriceSource): string {
  switch (source) {
    case 'market':
      return t`The money is virtual, and the prices are live market prices.`
    case 'simulation':
      return t`The money is virtual, and the prices are simulated.`
    case 'recording':
      return t`The money is virtual, and the prices are replayed from a recording.`
    default:
      return t`The money is virtual.`
  }
}

function Contracts({ isCostly }: { isCostly: boolean }) {
  const { source } = useStore(connection)
  return (
    <Section id="contracts" title={t`What is traded`}>
      <p>
        {t`A perpetual contract follows the price of an asset. It has no expiry date, and you do not own the asset. A long gains when the price rises, a short when it falls.`}{' '}
        {sourceWords(source)}{' '}
        {isCostly
          ? t`Besides the spread, a trade can cost fees and fundings; the order form shows both.`
          : t`There are no commissions and no funding payments; the only cost of a trade is the spread.`}
      </p>
      <p>
        {isCostly
          ? t`Margin is isolated: every position has its own and can lose no more than that to the price; the fee to open and the fundings are taken from the balance besides.`
          : t`Margin is isolated: every position has its own and can lose no more than that to the price.`}{' '}
        {t`Amounts are exact to eight decimals. In the formulas, ⌈ ⌉ rounds up and ⌊ ⌋ rounds down to the eighth decimal.`}
      </p>
    </Section>
  )
}

function Spread() {
  return (
    <Section id="spread" title={t`Price and spread`}>
      <p>
        {t`Each price is quoted as two: the bid, at which you sell, and the ask, at which you buy. A long opens at the ask and closes at the bid; a short opens at the bid and closes at the ask. A new position therefore starts with a small loss.`}
      </p>
      <Formulas
        label={t`Spread`}
        rows={[
          [t`Bid`, t`⌊price × (1 − spread / 2)⌋`],
          [t`Ask`, t`⌈price × (1 + spread / 2)⌉`],
          [t`Cost`, t`size × (ask − bid)`],
        ]}
      />
    </Section>
  )
}

function Margin({ market: { base, maxLeverage } }: { market: AssetInfo }) {
  return (
    <Section id="margin" title={t`Margin and leverage`}>
      <p>
        {t`Leverage is the ratio of a position’s notional to the money held for it. Each market has a highest leverage; for ${base} it is ${maxLeverage}x. The money held is the margin. It is taken from your free margin when the position opens and returned, plus the profit or minus the loss, when it closes.`}
      </p>
      <Formulas
        label={t`Margin`}
        rows={[
          [t`Notional`, t`size × entry`],
          [t`Margin`, t`⌈size × entry / leverage⌉`],
        ]}
      />
    </Section>
  )
}

function Pnl() {
  return (
    <Section id="pnl" title={t`Profit and loss`}>
      <p>
        {t`The P&L of an open position is the gain or loss if you closed it now: a long is valued at the bid, a short at the ask. ROE is the P&L as a share of the margin.`}
      </p>
      <Formulas
        label={t`Profit and loss`}
        rows={[
          [t`Long`, t`⌊size × (bid − entry)⌋`],
          [t`Short`, t`⌊size × (entry − ask)⌋`],
          [t`ROE`, t`P&L / margin`],
          [t`At a close`, t`never below −margin`],
        ]}
      />
    </Section>
  )
}

function Costs() {
  return (
    <Section id="costs" title={t`Fees and funding`}>
      <p>
        {t`Opening costs a share of the notional, taken from the free margin; closing costs the same share of its own value, taken from the margin and its P&L, as far as they go. A liquidation has a fee of its own. The price of a market with funding is kept close to its index: at each interval from midnight UTC longs pay the rate and shorts receive it, or the other way round where the rate is below zero. What the free margin does not have is taken from the margin of the position, which moves its liquidation price. The tab Account history lists every line.`}
      </p>
      <Formulas
        label={t`Fees and funding`}
        rows={[
          [t`Fee`, t`⌈size × price × rate⌉`],
          [t`Funding`, t`⌊∓size × mark price × rate⌋, − for a long, + for a short`],
          [t`Net P&L`, t`P&L − fees + fundings`],
        ]}
      />
    </Section>
  )
}

function Liquidation({ market }: { market: AssetInfo }) {
  return market.liquidationModel === 'MAINTENANCE' ? <ByMaintenance /> : <ByLoss market={market} />
}

function ByMaintenance() {
  return (
    <Section id="liquidation" title={t`Liquidation`}>
      <p>
        {t`A position is liquidated when its margin and its P&L at the mark price are no more than its maintenance margin, a share of its value that grows with it. Large positions also have a lower highest leverage. The P&L that is shown is that at the mark price, too. While the mark price can’t be trusted, it liquidates nothing; the trading page then shows a badge.`}
      </p>
      <Formulas
        label={t`Liquidation price`}
        rows={[
          [t`Maintenance`, t`value × rate − amount, by the bracket of the value`],
          [t`Long`, t`⌈(size × entry − margin − amount) / (size × (1 − rate))⌉, the highest`],
          [t`Short`, t`⌊(size × entry + margin + amount) / (size × (1 + rate))⌋, the lowest`],
        ]}
      />
      <p>
        {t`A position closes at the bid or ask of that moment, which may be beyond the level. The price can cost you the margin and no more; the fee to open and the fundings are taken from the balance besides.`}
      </p>
    </Section>
  )
}

function ByLoss({ market: { base, liquidationLossBps } }: { market: AssetInfo }) {
  const share = format.bps(liquidationLossBps)
  return (
    <Section id="liquidation" title={t`Liquidation`}>
      <p>
        {t`A position is liquidated when a fixed share of its margin is lost. Each market has its own share; for ${base} it is ${share}. The higher the leverage, the closer the liquidation price is to the entry. The rest of the margin is returned to you.`}
      </p>
      <Formulas
        label={t`Liquidation price`}
        rows={[
          [t`Long`, t`entry − ⌊entry × share / leverage⌋, reached by the bid`],
          [t`Short`, t`entry + ⌊entry × share / leverage⌋, reached by the ask`],
        ]}
      />
      <p>
        {t`A position closes at the first price that reaches the level, which may be beyond it. If the loss is larger than the margin, the house bears the difference.`}
      </p>
    </Section>
  )
}

function Exits() {
  return (
    <Section id="exits" title={t`Stop-loss and take-profit`}>
      <p>
        {t`Both are optional, and can be set, moved and removed while the position is open. The engine checks them on every price, even while your browser is closed. Like a liquidation, they close at the price that reached them.`}
      </p>
      <Formulas
        label={t`Trigger conditions`}
        rows={[
          [t`Long`, t`stop-loss when bid ≤ level, take-profit when bid ≥ level`],
          [t`Short`, t`stop-loss when ask ≥ level, take-profit when ask ≤ level`],
        ]}
      />
      <p>
        {t`A stop-loss must be between the liquidation price and the price at which you could close now. You can move it past the entry to secure a profit. On the chart, drag from the entry line to set a stop-loss or take-profit, and drag its line to move it; the line shows the resulting P&L.`}
      </p>
    </Section>
  )
}

function Changes() {
  return (
    <Section id="changes" title={t`Changing a position`}>
      <p>
        {t`You can close a part of a position. Its share of the margin comes back with its profit or loss; the rest keeps its entry and liquidation price. A close at a limit price rests as an order that can only reduce the position, and expires with it.`}
      </p>
      <p>
        {t`Reversing closes the position and opens the same quantity on the other side, both at one price. Margin that you add moves the liquidation price away; you can remove what is more than the leverage asks for.`}
      </p>
    </Section>
  )
}

function Account() {
  return (
    <Section id="account" title={t`Account figures`}>
      <Formulas
        label={t`Account`}
        rows={[
          [t`Used margin`, t`the total margin of all open positions`],
          [t`Free margin`, t`available as margin for new positions`],
          [t`Balance`, t`free margin + used margin`],
          [t`Equity`, t`balance + unrealized P&L`],
        ]}
      />
      <p>
        {t`You can trade as a guest at once. A guest account belongs to the browser in which it was made, and ends when it has not been used for some time. Add an email and a password to keep it, with all that is in it.`}
      </p>
    </Section>
  )
}

function Keyboard() {
  return (
    <Section id="keyboard" title={t`Using the keyboard`}>
      <p>
        {t`On the trading page, single keys run the most common actions. They work everywhere on the page except while you type in a field.`}
      </p>
      <KeyList />
      <p>
        {t`You can reach everything else with Tab and Shift+Tab. The arrow keys change the leverage, choose tabs, markets and menu items, and resize the panels. The buttons of a position are in its row.`}
      </p>
      <p>
        {t`To open a long: press B, then Q, type the size, press Enter, and Enter again to confirm. Results are also announced to screen readers.`}
      </p>
    </Section>
  )
}
