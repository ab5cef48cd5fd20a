import { plural, t } from '@lingui/core/macro'
import { Plural, Trans } from '@lingui/react/macro'
import type { FormEvent } from 'react'
import { announceClosed } from '@/features/positions/announce'
import { toneOf } from '@/features/positions/live-cells'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import {
  assetsOf,
  closingTotal,
  type ClosingTotal,
  type Position,
  readClosed,
} from '@/trading/account'
import { useCloseAll } from '@/trading/position-mutations'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { toast } from '@/ui/toast'

type CloseAllDialogProps = {
  open: boolean
  positions: readonly Position[]
  onClose: () => void
}

/** Sums up what a close of all positions gives, and asks for it. */
export function CloseAllDialog({ open, positions, onClose }: CloseAllDialogProps) {
  const closeAll = useCloseAll()
  const count = positions.length
  const leave = () => {
    closeAll.reset()
    onClose()
  }
  async function send() {
    // A failure is shown by the dialog.
    const answer = await closeAll.mutateAsync().catch(() => null)
    if (!answer) return
    for (const order of answer.closed) announceClosed(readClosed(order))
    const left = answer.left.length
    if (left > 0) {
      const title = plural(left, {
        one: 'Still open: # position',
        other: 'Still open: # positions',
      })
      toast('warning', title, t`The price is too old or in dispute.`)
    }
    leave()
  }
  return (
    <Dialog open={open} onClose={leave} title={t`Close all positions`}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (!closeAll.isPending) void send()
        }}
      >
        <p className="text-soft">
          <Trans>
            Close <Plural value={count} one="# position" other="# positions" /> at the market
            prices, for a total P&L of{' '}
            <Sum
              positions={positions}
              testId="all-pnl"
              content={({ pnl }) => ({ text: format.signedUsd(pnl), tone: toneOf(pnl) })}
            />{' '}
            USD?
          </Trans>
        </p>
        <Costs positions={positions} />
        <p className="text-xs text-faint">
          {t`There is no worst price. A position whose price is too old or in dispute stays open.`}
        </p>
        <RequestProblem error={closeAll.error} fields={[]} />
        <div className="flex justify-end gap-2">
          <Button data-first onClick={leave}>
            {t`Keep open`}
          </Button>
          <Button type="submit" look="danger" pending={closeAll.isPending}>
            {plural(count, { one: 'Close # position', other: 'Close # positions' })}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** The fees of closing all and the result; nothing where there are none. */
function Costs({ positions }: { positions: readonly Position[] }) {
  if (positions.every(({ asset }) => assetInfo(asset).takerFeePpm === 0)) return null
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      <dt>{t`Fees to close`}</dt>
      <dd className="text-right">
        <Sum
          positions={positions}
          testId="all-fees"
          content={({ fees }) => ({ text: `${format.usd(fees, 'ceiling')} USD` })}
        />
      </dd>
      <dt>{t`P&L after these fees`}</dt>
      <dd className="text-right font-medium">
        <Sum
          positions={positions}
          testId="all-net"
          content={({ pnl, fees }) => ({
            text: `${format.signedUsd(pnl - fees)} USD`,
            tone: toneOf(pnl - fees),
          })}
        />
      </dd>
    </dl>
  )
}

type SumProps = {
  positions: readonly Position[]
  testId: string
  content: (total: ClosingTotal) => { text: string; tone?: ReturnType<typeof toneOf> }
}

function Sum({ positions, testId, content }: SumProps) {
  return (
    <LiveText
      assets={assetsOf(positions)}
      className="font-medium"
      testId={testId}
      content={() => {
        const total = closingTotal(positions, quoteOf, (asset) => assetInfo(asset).takerFeePpm)
        return total && content(total)
      }}
    />
  )
}
