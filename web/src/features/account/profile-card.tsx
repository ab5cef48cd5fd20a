import { t } from '@lingui/core/macro'
import { useState } from 'react'
import type { User } from '@/api/schema'
import { Card } from '@/features/account/card'
import { PasswordForm } from '@/features/account/password-form'
import { PhoneForm } from '@/features/account/phone-form'

export function ProfileCard({ user, email }: { user: User; email: string }) {
  const [phones, setPhones] = useState(0)
  const [passwords, setPasswords] = useState(0)
  return (
    <Card title={t`Profile`} about={email}>
      <div className="grid gap-8 sm:grid-cols-2">
        <PhoneForm key={`phone${phones}`} phone={user.phone} onDone={() => setPhones(phones + 1)} />
        <PasswordForm
          key={`password${passwords}`}
          email={email}
          onDone={() => setPasswords(passwords + 1)}
        />
      </div>
    </Card>
  )
}
