import { t } from '@lingui/core/macro'
import { LayoutDashboard, RotateCcw } from 'lucide-react'
import type { Command } from '@/commands'
import {
  changeLayout,
  layout,
  type Preset,
  presetName,
  PRESETS,
  resetLayout,
  ROOM_FOR_TAPE,
} from '@/pages/trade-layout'
import { useStore } from '@/store'
import { IconButton } from '@/ui/button'
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from '@/ui/menu'
import { MenuChoices } from '@/ui/menu-choices'
import { useMedia } from '@/ui/use-media'

type Part = {
  id: string
  label: string
  isOn: boolean
  isFor: readonly Preset[]
  toggle: () => void
}

/** The parts of the layout that can be moved or hidden, as far as the preset has them. */
function useParts(): Part[] {
  const { preset, ticketSide, positionsAt, showTape } = useStore(layout)
  const hasRoom = useMedia(ROOM_FOR_TAPE)
  const parts: Part[] = [
    {
      id: 'ticket',
      label: t`Order form at the left`,
      isOn: ticketSide === 'left',
      isFor: PRESETS,
      toggle: () => changeLayout({ ticketSide: ticketSide === 'left' ? 'right' : 'left' }),
    },
    {
      id: 'positions',
      label: t`Positions at the right`,
      isOn: positionsAt === 'right',
      isFor: ['standard', 'grid'],
      toggle: () => changeLayout({ positionsAt: positionsAt === 'right' ? 'below' : 'right' }),
    },
    {
      id: 'tape',
      label: t`Trades beside the chart`,
      isOn: showTape,
      isFor: hasRoom ? ['standard', 'wide'] : [],
      toggle: () => changeLayout({ showTape: !showTape }),
    },
  ]
  return parts.filter(({ isFor }) => isFor.includes(preset))
}

/** The menu that arranges the panels of the trading page. */
export function LayoutMenu() {
  const { preset } = useStore(layout)
  const parts = useParts()
  return (
    <Menu
      trigger={
        <IconButton label={t`Layout`}>
          <LayoutDashboard size={17} />
        </IconButton>
      }
    >
      <MenuLabel>{t`Layout`}</MenuLabel>
      <MenuChoices
        value={preset}
        onChange={(next) => changeLayout({ preset: next })}
        options={PRESETS.map((value) => ({ value, label: presetName(value) }))}
      />
      <MenuLine />
      {parts.map(({ id, label, isOn, toggle }) => (
        <MenuCheck key={id} checked={isOn} onChange={toggle}>
          {label}
        </MenuCheck>
      ))}
      <MenuLine />
      <MenuItem onSelect={resetLayout}>
        <RotateCcw size={15} /> {t`Reset the layout`}
      </MenuItem>
    </Menu>
  )
}

/** The commands that do the same. */
export function useLayoutCommands(): Command[] {
  const parts = useParts()
  return [
    ...PRESETS.map((preset): Command => {
      const name = presetName(preset)
      return {
        id: `layout-${preset}`,
        group: 'Layout',
        label: t`Layout: ${name}`,
        words: t({ message: 'change arrange panels', context: 'search words' }),
        run: () => changeLayout({ preset }),
      }
    }),
    ...parts.map(({ id, label, isOn, toggle }): Command => ({
      id: `layout-${id}`,
      group: 'Layout',
      label: isOn ? t`Turn off: ${label}` : t`Turn on: ${label}`,
      words: t({ message: 'layout move', context: 'search words' }),
      run: toggle,
    })),
    {
      id: 'layout-reset',
      group: 'Layout',
      label: t`Reset the layout`,
      words: t({ message: 'panels sizes standard', context: 'search words' }),
      run: resetLayout,
    },
  ]
}
