import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { Volume2 } from 'lucide-react'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { allowNotifications } from '@/trading/notification-permission'
import { play, type Sound, SOUNDS } from '@/trading/signal'
import { IconButton } from '@/ui/button'
import { Slider } from '@/ui/slider'
import { Switch } from '@/ui/switch'

const LABELS: Record<Sound, MessageDescriptor> = {
  fill: msg`Fill`,
  profit: msg`Closed in profit`,
  loss: msg`Closed at a loss`,
  liquidation: msg`Liquidation`,
  alert: msg`Warnings and alerts`,
}

const ROW = 'flex min-h-9 w-full items-center justify-between gap-3 text-left'

/** How notices are told: by the system, and by sounds of each kind. */
export function NoticeSettings() {
  const { notifications, sound, volume } = useStore(settings)
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-1 overflow-y-auto px-3 py-2">
      <Switch
        checked={notifications}
        onChange={(on) => void allowNotifications(on)}
        className={ROW}
      >
        {t`Notifications of the system`}
      </Switch>
      <Switch checked={sound} onChange={(on) => change({ sound: on })} className={ROW}>
        {t`Sounds`}
      </Switch>
      {sound && (
        <>
          <div className="flex items-center gap-3 py-1">
            <span className="shrink-0 text-soft">{t({ message: 'Volume', context: 'sound' })}</span>
            <Slider
              label={t({ message: 'Volume', context: 'sound' })}
              value={volume}
              min={0}
              max={100}
              step={5}
              valueText={`${volume} %`}
              onChange={(value) => change({ volume: value })}
            />
            <span className="w-10 shrink-0 text-right text-soft">{volume} %</span>
          </div>
          <ul aria-label={t`Sounds`} className="flex flex-col divide-y divide-line">
            {SOUNDS.map((each) => (
              <SoundRow key={each} sound={each} />
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function SoundRow({ sound }: { sound: Sound }) {
  const { mutedSounds } = useStore(settings)
  const name = i18n._(LABELS[sound])
  const others = mutedSounds.filter((each) => each !== sound)
  return (
    <li className="flex items-center gap-2">
      <IconButton label={t`Play the sound: ${name}`} onClick={() => void play(sound)}>
        <Volume2 size={16} aria-hidden />
      </IconButton>
      <Switch
        checked={!mutedSounds.includes(sound)}
        onChange={(on) => change({ mutedSounds: on ? others : [...others, sound] })}
        className={ROW}
      >
        {name}
      </Switch>
    </li>
  )
}
