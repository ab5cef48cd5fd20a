import { useEffect } from 'react'
import { useLocation } from 'react-router'
import { KeyList } from '@/features/help/key-list'
import { Formulas, Section } from '@/features/help/prose'
import { Worked } from '@/features/help/worked-example'
import { connection } from '@/live/connection'
import { SiteHeader } from '@/pages/site-header'
import { LEVERAGE_MAX } from '@/rules'
import { useStore } from '@/store'
import { useTitle } from '@/ui/use-title'

const SECTIONS = [
  ['contracts', 'What is traded'],
  ['spread', 'Price and spread'],
  ['margin', 'Margin and leverage'],
  ['pnl', 'Profit and loss'],
  ['liquidation', 'Liquidation'],
  ['exits', 'Stop-loss and take-profit'],
  ['account', 'The figures of an account'],
  ['example', 'A worked example'],
  ['keyboard', 'With the keyboard alone'],
] as const

/** How trading works, for those who trade; the formulas are those of the engine. */
export function HelpPage() {
  useTitle('How trading works')
  const { hash } = useLocation()
  useEffect(() => {
    // The page came after its address.
    if (hash) document.querySelector(`[id="${CSS.escape(hash.slice(1))}"]`)?.scrollIntoView()
  }, [hash])
  return (
    <div className="min-h-full">
      <SiteHeader />
      <div className="mx-auto flex max-w-5xl gap-12 px-4 py-8 sm:px-6 sm:py-12">
        <nav
          aria-label="On this page"
          className="sticky top-26 hidden normal-nums w-48 shrink-0 self-start lg:block"
        >
          <ul className="flex flex-col gap-1 border-l border-line">
            {SECTIONS.map(([id, title]) => (
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
        <main className="flex min-w-0 max-w-2xl flex-1 flex-col gap-10">
          <h1 className="text-3xl font-semibold tracking-tight">How trading works</h1>
          <Contracts />
          <Spread />
          <Margin />
          <Pnl />
          <Liquidation />
          <Exits />
          <Account />
          <Section id="example" title="A worked example">
            <Worked />
          </Section>
          <Keyboard />
        </main>
      </div>
    </div>
  )
}

const PRICES = {
  market: ', the prices are the market’s',
  simulation: ', and so are the prices here: a simulation makes them',
  recording: ', the prices here were recorded earlier',
}

function Contracts() {
  const { source } = useStore(connection)
  return (
    <Section id="contracts" title="What is traded">
      <p>
        A perpetual contract follows the price of an asset without an end date and without owning
        it. A long gains when the price rises, a short when it falls. The money is virtual
        {source && PRICES[source]}. There are no commissions and no funding payments: what a trade
        costs is the spread.
      </p>
      <p>
        Every position stands for itself: it has its own margin, and can lose no more than that.
        Amounts are exact to the eighth decimal. Below, ⌈ ⌉ rounds up and ⌊ ⌋ rounds down there.
      </p>
    </Section>
  )
}

function Spread() {
  return (
    <Section id="spread" title="Price and spread">
      <p>
        Around each price stand two: the bid, at which you sell, and the ask, at which you buy. A
        long opens at the ask and closes at the bid; a short opens at the bid and closes at the ask.
        So a new position begins with a small loss.
      </p>
      <Formulas
        label="Spread"
        rows={[
          ['Bid', '⌊price × (1 − spread / 2)⌋'],
          ['Ask', '⌈price × (1 + spread / 2)⌉'],
          ['Cost', 'size × (ask − bid)'],
        ]}
      />
    </Section>
  )
}

function Margin() {
  return (
    <Section id="margin" title="Margin and leverage">
      <p>
        Leverage, from 1x to {LEVERAGE_MAX}x, says how much larger a position is than the money that
        is held for it. That money is the margin. It leaves your free margin when the position opens
        and comes back, with the profit or less the loss, when it closes.
      </p>
      <Formulas
        label="Margin"
        rows={[
          ['Notional', 'size × entry'],
          ['Margin', '⌈size × entry / leverage⌉'],
        ]}
      />
    </Section>
  )
}

function Pnl() {
  return (
    <Section id="pnl" title="Profit and loss">
      <p>
        Until it is closed, a position’s P&L is what closing it now would bring: a long is measured
        at the bid, a short at the ask. ROE is the same as a share of the margin.
      </p>
      <Formulas
        label="Profit and loss"
        rows={[
          ['Long', '⌊size × (bid − entry)⌋'],
          ['Short', '⌊size × (entry − ask)⌋'],
          ['ROE', 'P&L / margin'],
          ['At a close', 'never below −margin'],
        ]}
      />
    </Section>
  )
}

function Liquidation() {
  return (
    <Section id="liquidation" title="Liquidation">
      <p>
        When nine tenths of its margin are lost, a position is closed by a margin call. The higher
        the leverage, the nearer that price is to the entry. What is left of the margin comes back.
      </p>
      <Formulas
        label="Liquidation price"
        rows={[
          ['Long', 'entry − ⌊entry × 90 / (100 × leverage)⌋, reached by the bid'],
          ['Short', 'entry + ⌊entry × 90 / (100 × leverage)⌋, reached by the ask'],
        ]}
      />
      <p>
        A position closes at the first price that reaches the level, which may lie beyond it. If
        that would cost more than the margin, the house bears the difference.
      </p>
    </Section>
  )
}

function Exits() {
  return (
    <Section id="exits" title="Stop-loss and take-profit">
      <p>
        Both are optional, and can be set, moved and removed while the position is open. They are
        watched by the engine with every price, whether your browser is open or not, and close at
        the price that reached them, as a liquidation does.
      </p>
      <Formulas
        label="When they close"
        rows={[
          ['Long', 'stop-loss when bid ≤ level, take-profit when bid ≥ level'],
          ['Short', 'stop-loss when ask ≥ level, take-profit when ask ≤ level'],
        ]}
      />
      <p>
        A stop-loss lies between the liquidation price and the price at which you could close now.
        It may be moved past the entry, which secures a profit. On the chart, drag from the line of
        the entry to make one, and its own line to move it; what it would bring stands beside it.
      </p>
    </Section>
  )
}

function Account() {
  return (
    <Section id="account" title="The figures of an account">
      <Formulas
        label="Account"
        rows={[
          ['Used margin', 'the margins of all open positions'],
          ['Free margin', 'what new positions may take their margin from'],
          ['Balance', 'free margin + used margin'],
          ['Equity', 'balance + unrealized P&L'],
        ]}
      />
    </Section>
  )
}

function Keyboard() {
  return (
    <Section id="keyboard" title="With the keyboard alone">
      <p>
        On the trading page single keys do what one does most. They are keys of the page, not of the
        browser: they work wherever you are, but for while you type in a field.
      </p>
      <KeyList />
      <p>
        Everything else is reached with Tab and Shift+Tab. The arrow keys move the leverage, choose
        among tabs, markets and menu items, and move the borders between the panels. A position’s
        buttons follow it in its row.
      </p>
      <p>
        To open a long: B, then Q, type the size, press Enter. What happened is said to screen
        readers, too.
      </p>
    </Section>
  )
}
