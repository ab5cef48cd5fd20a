import { expect, it } from 'vitest'
import { emailProblem, passwordProblem, phoneProblem } from '@/account-rules'

it.each([
  ['tom@example.com', true],
  [' tom@example.com ', true],
  ['tom@localhost', true],
  ['"tom smith"@example.com', true],
  ['', false],
  ['tom', false],
  ['@example.com', false],
  ['tom@', false],
  ['tom@exam ple.com', false],
  [`${'t'.repeat(250)}@a.de`, false],
])('email %s: %s', (text, isGood) => {
  expect(emailProblem(text) === null).toBe(isGood)
})

it.each([
  ['+1 555 0100', true],
  ['(030) 123-45.67', true],
  ['1234567', true],
  ['123456789012345', true],
  ['123456', false],
  ['1234567890123456', false],
  ['0000000', false],
  ['++1 555 0100', false],
  ['1 555 CALL', false],
  ['', true],
])('phone %s: %s', (text, isGood) => {
  expect(phoneProblem(text) === null).toBe(isGood)
})

it.each([
  ['correct horse battery', null],
  ['пароль из слов', null],
  // Eight characters, of two code units each.
  ['📈📉📈📉📈📉📈📉', null],
  ['x1'.repeat(64), null],
  ['short', 'Use 8 to 128 characters'],
  ['x1'.repeat(65), 'Use 8 to 128 characters'],
  ['AAAAaaaaaa', 'Too easy to guess; choose another'],
  ['tom.smith@example.com', 'Must differ from your email address'],
  ['TOM.SMITH', 'Must differ from your email address'],
])('password %s: %s', (password, problem) => {
  expect(passwordProblem(password, 'Tom.Smith@example.com')).toBe(problem)
})

it('a password is not compared with an empty email', () => {
  expect(passwordProblem('correct horse', '')).toBeNull()
})
