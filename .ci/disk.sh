#!/bin/bash
# disk.sh - what goes wrong with the disk under a database, sourced by integration.sh: no room, no inodes, I/O
# errors, another writer, a damaged file. The row numbers are those of the fault table in docs/reliability.md.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

disk_mount='' # of the small file system, while there is one

disk() {
  local began=$SECONDS
  room_low
  inodes_gone
  io_errors
  other_writer
  database_damaged
  log_deleted
  echo "bad disks took $((SECONDS - began)) s"
}

# Ends whatever an abandoned case has left; badinput_finished ends what serves.
disk_finished() {
  [[ -z ${disk_writer:-} ]] || kill -TERM "$disk_writer" 2>/dev/null || true
  [[ -z $disk_mount ]] || umount -l "$disk_mount"
}

# small_disk OPTIONS: puts the database of the case onto a small file system, if there can be one.
small_disk() {
  local small=$case_dir/small
  mkdir "$small"
  if ! mount -t tmpfs -o "$1" tmpfs "$small" 2>"$case_dir/mount"; then
    echo "skipped: $case_name, since no small file system can be mounted: $(<"$case_dir/mount")"
    return 1
  fi
  disk_mount=$small
  sed -i 's|^database = .*|database = "sqlite:small/desk.db"|' "$case_dir/deskpost.toml"
  ln -s small/desk.db "$case_dir/desk.db" # where query looks
}

drop_small_disk() {
  umount "$disk_mount"
  disk_mount=''
}

# verify_clean TITLE: the audit of the case's database finds nothing wrong.
verify_clean() { assert_done "$1" "$desk_dir/deskpost" verify --config "$case_dir/deskpost.toml"; }

# Below the floor of free space mail stays on the server, and is taken once there is room (F10).
room_low() {
  local box
  begin_case room
  box=$(maildir room@bank.example)
  small_disk size=48m || return 0
  sed -i '1i free_space = "32MiB"' "$case_dir/deskpost.toml"
  serve_begin
  await 'deskpost runs with room enough' 10 log_has 'mailbox connected'
  head -c 20M /dev/zero >"$disk_mount/filler"
  put_mails 2
  await 'room below the floor is said to be so, and where' 15 \
    log_has "level=ERROR .*too little room on the disk.*make room.*directory=$disk_mount"
  assert_serving 'serve stays up'
  assert_equal 'no mail is taken' 0 "$(query 'SELECT count(*) FROM receipts')"
  assert_equal 'nor flagged on the server' 0 "$(find "$box" -name '*:2,*S*' | wc -l)"
  rm "$disk_mount/filler"
  await 'once there is room that is said' 20 log_has 'there is room on the disk of the database again'
  await 'and the mail is taken' 10 query_is 2 'SELECT count(*) FROM receipts'
  assert_equal 'the log said it once' 1 "$(grep -c 'too little room' "$case_dir/log")"
  serve_end 0 'and it ends well'
  verify_clean 'verify finds nothing wrong'
  drop_small_disk
}

# Without inodes nothing can be made: a start says so, and a daemon that runs holds the mail (F11).
inodes_gone() {
  local number
  begin_case inodes
  small_disk size=48m,nr_inodes=12 || return 0
  sed -i '1i free_space = "1MiB"' "$case_dir/deskpost.toml"
  for number in $(seq 20); do : 2>/dev/null >"$disk_mount/$number" || break; done
  assert_exit 'a file system without inodes ends serve, and is named' 1 \
    "database $disk_mount/desk.db: the disk is full .*make room on the file system of $disk_mount" \
    "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
  rm "$disk_mount"/[0-9]*
  serve_begin
  await 'with inodes it starts' 10 log_has 'mailbox connected'
  for number in $(seq 20); do : 2>/dev/null >"$disk_mount/$number" || break; done
  put_mails 1
  await 'when they are used up, the mail is held' 15 log_has 'too little room on the disk'
  rm "$disk_mount"/[0-9]*
  await 'and taken when there are some again' 20 query_is 1 'SELECT count(*) FROM receipts'
  serve_end 0 'and it ends well'
  drop_small_disk
}

# Each kind of write fails at several moments. The daemon ends, and the next one takes up everything (F12).
io_errors() {
  local call at box status
  begin_case eio
  box=$(maildir eio@bank.example)
  if ! strace -f -o /dev/null true 2>"$case_dir/strace"; then
    echo "skipped: I/O errors, since nothing can be traced: $(<"$case_dir/strace")"
    return
  fi
  put_mails 20
  for call in fsync fdatasync pwrite64; do
    for at in 1 4 7 10; do
      : >"$case_dir/log"
      status=0
      timeout 30 strace -f -qq -o "$case_dir/trace" -e "trace=$call" -e "inject=$call:error=EIO:when=$at" \
        "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml" </dev/null >>"$case_dir/log" 2>&1 &
      serving[eio]=$!
      if ! gone_within 4 "${serving[eio]}" && ! struck_and_gone "${serving[eio]}"; then
        grep -q INJECTED "$case_dir/trace" && not_ok "EIO at $call number $at ends serve" "$(tail -n 5 "$case_dir/log")"
        kill -TERM "${serving[eio]}"
        wait "${serving[eio]}" || true
        unset 'serving[eio]'
        break # it has no such call, or not so many but for its end
      fi
      wait "${serving[eio]}" || status=$?
      unset 'serving[eio]'
      grep -q INJECTED "$case_dir/trace" || break
      ((status == 1)) || not_ok "EIO at $call number $at ends serve with 1" "$status: $(tail -n 5 "$case_dir/log")"
      assert_match "EIO at $call number $at ends serve, which says why" '^deskpost: .*(the disk failed|input/output error)' \
        "$(<"$case_dir/log")"
    done
  done
  : >"$case_dir/log"
  serve_begin
  await 'the next start looks at the database first, and runs' 30 log_has 'mailbox connected' # before that a SIGTERM is the kernel's
  await 'the next start takes the rest' 30 query_is 20 'SELECT count(*) FROM receipts'
  await 'and tells the server' 15 flagged_are 20 "$box"
  serve_end 0 'and ends well'
  assert_equal 'each mail has one ticket' 20 "$(query "SELECT count(DISTINCT ticket) FROM receipts WHERE outcome = 'opened'")"
  verify_clean 'verify finds nothing wrong'
}

# struck_and_gone PID: it met the error, and ends when it is through with the mail in hand.
struck_and_gone() { grep -q INJECTED "$case_dir/trace" && gone_within 15 "$1"; }

# gone_within SECONDS PID
gone_within() {
  local deadline=$((SECONDS + $1))
  while kill -0 "$2" 2>/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# Another process holds the write lock for longer than deskpost waits (F13).
other_writer() {
  begin_case busy
  serve_begin
  await 'deskpost runs' 10 log_has 'mailbox connected'
  { echo 'BEGIN IMMEDIATE;' && sleep 9 && echo 'COMMIT;'; } | sqlite3 -cmd '.timeout 5000' "$case_dir/desk.db" &
  disk_writer=$!
  sleep 0.5 # until it has the lock
  put_mails 2
  await 'another writer is said to be so' 15 log_has 'another program is writing to it .*end the program that holds it'
  assert_serving 'serve stays up'
  await 'when it is done, the mail is taken' 30 query_is 2 'SELECT count(*) FROM receipts'
  wait "$disk_writer"
  disk_writer=''
  serve_end 0 'and it ends well'
  verify_clean 'verify finds nothing wrong'
}

# A database that is damaged, foreign or empty: no mail is taken, nothing on the server is touched (F14).
database_damaged() {
  local box how
  begin_case damaged
  box=$(maildir damaged@bank.example)
  put_mails 10
  serve_begin
  await 'deskpost takes mail' 15 flagged_are 10 "$box"
  serve_end 0 'and ends well'
  cp "$case_dir/desk.db" "$case_dir/good.db"
  put_mails 3
  for how in flipped truncated foreign emptied; do
    cp "$case_dir/good.db" "$case_dir/desk.db"
    rm -rf "$case_dir/salvaged"
    "damage_$how" "$case_dir/desk.db"
    assert_exit "$how: serve ends and says what to do" 1 \
      "database $case_dir/desk.db: .*keep the file|keep deskpost stopped and the file as it is.*verify --salvage.*deskpost restore.*still on the mail server" \
      "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
    assert_exit "$how: verify does not call it clean" 1 "$case_dir/desk.db" \
      "$desk_dir/deskpost" verify --config "$case_dir/deskpost.toml"
    assert_equal "$how: nothing is flagged on the server" 10 "$(find "$box" -name '*:2,*S*' | wc -l)"
  done
  cp "$case_dir/good.db" "$case_dir/desk.db"
  damage_flipped "$case_dir/desk.db"
  assert_done 'salvage writes out what can be read' \
    "$desk_dir/deskpost" verify --config "$case_dir/deskpost.toml" --salvage "$case_dir/salvaged"
  (($(find "$case_dir/salvaged" -name 'receipt-*.eml' | wc -l) > 0)) || not_ok 'raw mail among it' "$(find "$case_dir/salvaged")"
  cp "$case_dir/good.db" "$case_dir/desk.db"
  serve_begin
  await 'with the copy back, all mail is taken' 15 query_is 13 'SELECT count(*) FROM receipts'
  serve_end 0 'and it ends well'
  verify_clean 'verify finds nothing wrong'
}

# In the last page that holds a mail, behind which only few other tables have any.
damage_flipped() {
  local at
  at=$(grep -abo 'This is question' "$1" | tail -n 1 | cut -d : -f 1)
  printf '\377\376\375\374\373\372\371\370' | dd of="$1" bs=1 seek=$((at / 8192 * 8192)) conv=notrunc status=none
}
damage_truncated() { truncate -s $(($(stat -c %s "$1") * 3 / 4)) "$1"; }
damage_foreign() { head -c 100000 /dev/urandom >"$1"; }
damage_emptied() { : >"$1" && : >"$1-wal"; }

# The log of a daemon that was killed is deleted: the database is whole and old, which the next start says; the
# mail in the log comes again from the server (F14).
log_deleted() {
  begin_case waldel
  serve_begin
  await 'deskpost runs' 10 log_has 'mailbox connected'
  put_mails 3
  await 'and takes mail' 10 query_is 3 'SELECT count(*) FROM receipts'
  kill -KILL "${serving[waldel]}"
  wait "${serving[waldel]}" 2>/dev/null || true
  rm -f "$case_dir"/desk.db-{wal,shm}
  serve_begin
  await 'a start without the log of a killed daemon says what that means' 10 log_has 'level=WARN .*desk.db-wal is gone'
  await 'it takes the mail that was in it from the server again' 20 query_is 3 'SELECT count(*) FROM receipts'
  serve_end 0 'and ends well'
  verify_clean 'verify finds nothing wrong'
}
