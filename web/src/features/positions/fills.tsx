/** The fills of the account: what its orders did, as the server keeps it. */

import { plural, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { records } from '@/api/records'
import type { Fill, FillTotals } from '@/api/schema'
import { Fact } from '@/features/positions/fact'
import { useListQuery, useSort } from '@/features/positions/list-state'
import { OrderLabel } from '@/features/positions/order-label'
import { SignedAmount } from '@/features/positions/signed-amount'
import { StoredList, useTotals } from '@/features/positions/stored-list'
import { useStoredList } from '@/features/positions/use-stored-list'
import { Volume } from '@/features/positions/volume'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import { notional } from '@/rules'
import { Moment, ZoneName } from '@/time-zone'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Badge } from '@/ui/badge'
import { type Column, right, sortable } from '@/ui/table'

type Key = 'time' | 'fill' | 'qty' | 'price' | 'role' | 'fee' | 'pnl'

export function Fills() {
  const query = useListQuery('fills')
  const pages = useStoredList('fills', query, records.fills)
  const totals = useTotals('fills', query, records.fillTotals)
  const [sort, setSort] = useSort<Key>('time', true)
  return (
    <StoredList
      list="fills"
      label={t`Fills`}
      loading={t`Loading fills`}
      pages={pages}
      rows={pages.data?.pages.flatMap((page) => page.fills) ?? null}
      rowKey={({ fillId }) => fillId}
      columns={columns()}
      sort={sort}
      onSort={setSort}
      keyOf={keyOf}
      renderCard={(fill) => <Card fill={fill} />}
      totals={totals && totalCells(totals)}
      facts={totals && <TotalsOnPhone totals={totals} />}
      empty={{
        title: t`No fills yet`,
        children: t`Place an order: each of its trades is listed here, with its price and fee.`,
      }}
    />
  )
}

const columns = (): Column<Fill, Key>[] => [
  sortable({
    key: 'time',
    name: t`Time`,
    width: 150,
    label: (
      <span>
        <Trans>
          Time (<ZoneName />)
        </Trans>
      </span>
    ),
    cell: ({ executedAt }) => <Moment at={executedAt} />,
  }),
  sortable({
    key: 'fill',
    width: 190,
    label: t`Fill`,
    isFixed: true,
    cell: (fill) => <What fill={fill} />,
  }),
  sortable(right('qty', 130, t`Size`, (fill) => sizeOf(fill))),
  sortable(
    right('price', 130, t`Price`, ({ asset, priceInt }) => format.price(asset, BigInt(priceInt))),
  ),
  sortable({
    key: 'role',
    width: 80,
    label: t`Role`,
    cell: ({ role }) => (role === 'MAKER' ? t`Maker` : t`Taker`),
  }),
  sortable(right('fee', 130, t`Fee (USD)`, ({ feeInt }) => format.exactUsd(BigInt(feeInt)))),
  sortable(
    right('pnl', 150, t`Realized (USD)`, ({ realizedPnLInt }) => (
      <Pnl value={BigInt(realizedPnLInt)} />
    )),
  ),
]

function totalCells(totals: FillTotals): Partial<Record<Key, React.ReactNode>> {
  const { fills } = totals
  return {
    time: plural(fills, { one: '# fill', other: '# fills' }),
    fill: <span className="text-faint">{t`Total`}</span>,
    price: <Volume value={totals.volumeInt} />,
    fee: format.exactUsd(BigInt(totals.feesInt)),
    pnl: <SignedAmount value={BigInt(totals.realizedPnLInt)} />,
  }
}

function TotalsOnPhone({ totals }: { totals: FillTotals }) {
  const { fills } = totals
  return (
    <>
      <Fact name={plural(fills, { one: '# fill, volume', other: '# fills, volume' })}>
        {format.usd(BigInt(totals.volumeInt))}
      </Fact>
      <Fact name={t`Fees`}>{format.exactUsd(BigInt(totals.feesInt))}</Fact>
      <Fact name={t`Realized`}>
        <SignedAmount value={BigInt(totals.realizedPnLInt)} />
      </Fact>
    </>
  )
}

function Card({ fill }: { fill: Fill }) {
  return (
    <>
      <div className="flex items-start justify-between">
        <What fill={fill} />
        <Pnl value={BigInt(fill.realizedPnLInt)} />
      </div>
      <dl className="mt-2 grid grid-cols-3 gap-x-3">
        <Fact name={t`Size`}>{sizeOf(fill)}</Fact>
        <Fact name={t`Price`}>{format.price(fill.asset, BigInt(fill.priceInt))}</Fact>
        <Fact name={fill.role === 'MAKER' ? t`Fee as maker` : t`Fee as taker`}>
          {format.exactUsd(BigInt(fill.feeInt))}
        </Fact>
      </dl>
      <p className="mt-2 text-2xs text-faint">
        <Moment at={fill.executedAt} /> <ZoneName />
      </p>
    </>
  )
}

function What({ fill: { asset, side, reason } }: { fill: Fill }) {
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      <OrderLabel asset={asset} side={side} />
      {reason !== null && reason !== 'MANUAL' && (
        <Badge tone={CLOSE_REASONS[reason].tone}>{CLOSE_REASONS[reason].label}</Badge>
      )}
    </span>
  )
}

/** A realized P&L; a fill that opens has none. */
function Pnl({ value }: { value: bigint }) {
  return value === 0n ? format.UNKNOWN : <SignedAmount value={value} />
}

function sizeOf({ asset, qtyInt }: Fill): string {
  return sizeWords(asset, BigInt(qtyInt))
}

function keyOf(fill: Fill, by: Key): bigint | number | string {
  switch (by) {
    case 'time':
      return fill.executedAt
    case 'qty':
      return notional(BigInt(fill.qtyInt), BigInt(fill.priceInt))
    case 'price':
      return BigInt(fill.priceInt)
    case 'role':
      return fill.role
    case 'fee':
      return BigInt(fill.feeInt)
    case 'pnl':
      return BigInt(fill.realizedPnLInt)
    default:
      return fill.asset
  }
}
