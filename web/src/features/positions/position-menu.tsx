import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { Ellipsis } from 'lucide-react'
import { useRef } from 'react'
import { assetInfo } from '@/markets'
import type { Position } from '@/trading/account'
import { IconButton } from '@/ui/button'
import { Menu, MenuItem } from '@/ui/menu'

/** The subject of a dialog. */
export type Matter = 'close' | 'reverse' | 'margin' | 'exits'

const ITEMS: { matter: Matter; label: MessageDescriptor }[] = [
  { matter: 'close', label: msg`Close a part or at a limit…` },
  { matter: 'reverse', label: msg`Reverse…` },
  { matter: 'margin', label: msg`Add or remove margin…` },
  { matter: 'exits', label: msg`Take-profit and stop-loss…` },
]

type PositionMenuProps = { position: Position; onAsk: (matter: Matter) => void }

/** A menu of the actions on a position beside closing it at once. */
export function PositionMenu({ position, onAsk }: PositionMenuProps) {
  const trigger = useRef<HTMLButtonElement>(null)
  const { base } = assetInfo(position.asset)
  return (
    <Menu
      trigger={
        <IconButton ref={trigger} label={t`More actions for ${base} position`} className="size-7">
          <Ellipsis size={16} aria-hidden />
        </IconButton>
      }
    >
      {ITEMS.map(({ matter, label }) => (
        <MenuItem
          key={matter}
          onSelect={() => {
            // The dialog returns the focus to where it was, and the item will be gone.
            trigger.current?.focus()
            onAsk(matter)
          }}
        >
          {i18n._(label)}
        </MenuItem>
      ))}
    </Menu>
  )
}
