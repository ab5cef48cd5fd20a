import { i18n } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { useState } from 'react'
import { fieldProblem } from '@/api/errors'
import type { AmendRequest } from '@/api/schema'
import { print } from '@/decimal'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import type { RestingOrder } from '@/trading/account'
import { describeOrder } from '@/trading/orders'
import { useAmendOrder } from '@/trading/queries'
import { readAbove } from '@/trading/read-amount'
import { tellAmended } from '@/trading/undo'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField } from '@/ui/field'

type AmendDialogProps = { order: RestingOrder | null; onClose: () => void }

/** Changes the prices and the size of an order that rests. */
export function AmendDialog({ order, onClose }: AmendDialogProps) {
  return (
    <Dialog open={order !== null} onClose={onClose} title={t`Change order`}>
      {order && <AmendForm key={order.orderId} order={order} onDone={onClose} />}
    </Dialog>
  )
}

const FIELDS = [
  { field: 'price', label: msg`Limit price` },
  { field: 'triggerPrice', label: msg`Trigger price` },
  { field: 'qty', label: msg`Size` },
] as const

type Field = (typeof FIELDS)[number]['field']

function AmendForm({ order, onDone }: { order: RestingOrder; onDone: () => void }) {
  const amend = useAmendOrder()
  // An order that closes a whole position has no size.
  const shown = FIELDS.filter(({ field }) => order[field] !== null && order[field] !== 0n)
  const [texts, setTexts] = useState<Partial<Record<Field, string>>>(() =>
    Object.fromEntries(shown.map(({ field }) => [field, print(order[field] ?? 0n)])),
  )
  const read = shown.map(({ field }) => ({ field, ...readAbove(texts[field] ?? '') }))
  const changes = read.filter(({ field, value }) => value !== null && value !== order[field])
  const { base } = assetInfo(order.asset)
  return (
    <form
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (read.some(({ problem }) => problem) || amend.isPending) return
        if (changes.length === 0) return onDone()
        const change: AmendRequest = Object.fromEntries(
          changes.map(({ field, value }) => [field, print(value ?? 0n)]),
        )
        amend.mutate(
          { orderId: order.orderId, change },
          {
            onSuccess({ order: after }) {
              tellAmended(order, change, after, t`Order changed`)
              onDone()
            },
          },
        )
      }}
    >
      <p className="text-xs text-soft">{format.capitalized(describeOrder(order))}</p>
      {shown.map(({ field, label }, index) => (
        <AmountField
          key={field}
          {...(index === 0 ? { 'data-first': true } : {})}
          label={i18n._(label)}
          value={texts[field] ?? ''}
          unit={field === 'qty' ? base : 'USD'}
          problem={
            read.find((each) => each.field === field)?.problem ?? fieldProblem(amend.error, field)
          }
          onText={(text) => {
            if (amend.isError) amend.reset()
            setTexts((before) => ({ ...before, [field]: text }))
          }}
        />
      ))}
      <RequestProblem error={amend.error} fields={shown.map(({ field }) => field)} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t`Keep as it is`}</Button>
        <Button type="submit" look="primary" pending={amend.isPending}>
          {t`Change order`}
        </Button>
      </div>
    </form>
  )
}
