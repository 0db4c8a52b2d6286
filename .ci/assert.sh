#!/bin/bash
# assert.sh - asserts for the mail host's selftest and the integration run. Each prints one line, "ok - ..."
# or "not ok - ...", and a failed one ends the run: what follows builds on it.

set -euo pipefail

asserted=0

ok() {
  asserted=$((asserted + 1))
  printf 'ok - %s\n' "$*"
}

not_ok() {
  printf 'not ok - %s\n' "$1" >&2
  [[ -z ${2:-} ]] || printf '%s\n' "$2" | sed 's/^/    /' >&2
  return 1
}

# assert_match TITLE REGEX TEXT: some line of TEXT matches the extended REGEX.
assert_match() {
  grep -qE -- "$2" <<<"$3" || not_ok "$1" "no line matches /$2/ in:"$'\n'"$3"
  ok "$1"
}

# assert_no_match TITLE REGEX TEXT: no line of TEXT matches.
assert_no_match() {
  ! grep -qE -- "$2" <<<"$3" || not_ok "$1" "a line matches /$2/ in:"$'\n'"$3"
  ok "$1"
}

# assert_equal TITLE WANT GOT
assert_equal() {
  [[ $2 == "$3" ]] || not_ok "$1" "want: $2"$'\n'"got:  $3"
  ok "$1"
}

# assert_refused TITLE REGEX COMMAND...: the command fails and says why in words that match.
assert_refused() {
  local title=$1 pattern=$2 said
  shift 2
  if said=$("$@" 2>&1); then
    not_ok "$title" "succeeded: $*"
  fi
  assert_match "$title" "$pattern" "$said"
}

# assert_done TITLE COMMAND...: the command succeeds.
assert_done() {
  local title=$1 said
  shift
  said=$("$@" 2>&1) || not_ok "$title" "$said"
  ok "$title"
}

# assert_exit TITLE STATUS REGEX COMMAND...: the command ends with that status, and what it says matches.
assert_exit() {
  local title=$1 want=$2 pattern=$3 said status=0
  shift 3
  said=$("$@" 2>&1) || status=$?
  [[ $status == "$want" ]] || not_ok "$title" "exit status $status, not $want: $*"$'\n'"$said"
  assert_match "$title (exit status $want)" "$pattern" "$said"
}

# await TITLE SECONDS COMMAND...: the command comes to succeed.
await() {
  local title=$1 limit=$2 deadline
  shift 2
  deadline=$((SECONDS + limit))
  until "$@"; do
    ((SECONDS < deadline)) || not_ok "$title" "not within $limit s: $*"
    sleep 0.1
  done
  ok "$title"
}
