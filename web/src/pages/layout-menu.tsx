import { LayoutDashboard, RotateCcw } from 'lucide-react'
import type { Command } from '@/commands'
import {
  changeLayout,
  layout,
  type Preset,
  PRESET_NAMES,
  PRESETS,
  resetLayout,
  ROOM_FOR_TAPE,
} from '@/pages/trade-layout'
import { useStore } from '@/store'
import { IconButton } from '@/ui/button'
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from '@/ui/menu'
import { MenuChoices } from '@/ui/menu-choices'
import { useMedia } from '@/ui/use-media'

type Part = { label: string; isOn: boolean; isFor: readonly Preset[]; toggle: () => void }

/** The parts of the layout that can be moved or hidden, as far as the preset has them. */
function useParts(): Part[] {
  const { preset, ticketSide, positionsAt, showTape } = useStore(layout)
  const hasRoom = useMedia(ROOM_FOR_TAPE)
  const parts: Part[] = [
    {
      label: 'Order form at the left',
      isOn: ticketSide === 'left',
      isFor: PRESETS,
      toggle: () => changeLayout({ ticketSide: ticketSide === 'left' ? 'right' : 'left' }),
    },
    {
      label: 'Positions at the right',
      isOn: positionsAt === 'right',
      isFor: ['standard', 'grid'],
      toggle: () => changeLayout({ positionsAt: positionsAt === 'right' ? 'below' : 'right' }),
    },
    {
      label: 'Trades beside the chart',
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
        <IconButton label="Layout">
          <LayoutDashboard size={17} />
        </IconButton>
      }
    >
      <MenuLabel>Layout</MenuLabel>
      <MenuChoices
        value={preset}
        onChange={(next) => changeLayout({ preset: next })}
        options={PRESETS.map((value) => ({ value, label: PRESET_NAMES[value] }))}
      />
      <MenuLine />
      {parts.map(({ label, isOn, toggle }) => (
        <MenuCheck key={label} checked={isOn} onChange={toggle}>
          {label}
        </MenuCheck>
      ))}
      <MenuLine />
      <MenuItem onSelect={resetLayout}>
        <RotateCcw size={15} /> Reset the layout
      </MenuItem>
    </Menu>
  )
}

/** The commands that do the same. */
export function useLayoutCommands(): Command[] {
  const parts = useParts()
  return [
    ...PRESETS.map((preset): Command => ({
      id: `layout-${preset}`,
      group: 'Layout',
      label: `Layout: ${PRESET_NAMES[preset]}`,
      words: 'change arrange panels',
      run: () => changeLayout({ preset }),
    })),
    ...parts.map(({ label, isOn, toggle }): Command => ({
      id: `layout-${label}`,
      group: 'Layout',
      label: isOn ? `Turn off: ${label}` : `Turn on: ${label}`,
      words: 'layout move',
      run: toggle,
    })),
    {
      id: 'layout-reset',
      group: 'Layout',
      label: 'Reset the layout',
      words: 'panels sizes standard',
      run: resetLayout,
    },
  ]
}
