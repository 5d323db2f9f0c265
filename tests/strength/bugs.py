"""Bugs that somebody might write, each one a replacement in one file: run.py applies them one at a time.

`old` occurs once in the file; `hunters` are the tests that are asked, in this order, until one of them fails.
"""

import collections

Bug = collections.namedtuple("Bug", "name file old new hunters")

ENGINE = ("scenario_test", "engine_property_test", "simulate")
ENTITY = ("scenario_test", "entity_property_test")
SCHEMAS = ("scenario_test", "schemas_property_test")
FACTS = ("facts_property_test", "simulate")
SCENARIO = ("scenario_test",)
OWN = ("own_event_test",)
STORE = ("rocksdb_store_test", "disk_faults_test", "rocksdb_kill_test")

BUGS = [
    # Commits and restarts.
    Bug("the log is not synced", "pipeline/rocksdb/rocks_store.cc", "write.sync = true;", "write.sync = false;", STORE),
    Bug("a failed commit is forgotten", "pipeline/rocksdb/rocks_store.cc", "  if (!failed_.ok()) return failed_.In(", "  if (false) return failed_.In(", STORE),
    Bug("the view is published before the commit", "pipeline/engine/commit.cc", "  const Status committed = store_.Commit(batch);",
        "  ++sequence_; Publish(MakeSnapshot()); --sequence_;\n  const Status committed = store_.Commit(batch);", ENGINE),
    Bug("a failed commit counts as one", "pipeline/engine/commit.cc", "    return committed.In(\"commit\");\n  }\n",
        "  }\n", ENGINE),
    Bug("the offset is stored one too low", "pipeline/engine/intake.cc", "Offset{last.offset.v + 1};", "Offset{last.offset.v};", ENGINE),
    Bug("the offset is stored one too high", "pipeline/engine/intake.cc", "Offset{last.offset.v + 1};", "Offset{last.offset.v + 2};", ENGINE),
    Bug("a partition that changed is not stored", "pipeline/engine/intake.cc", "    partition->dirty = true;\n", "", ENGINE),
    Bug("entities that changed stay dirty for one commit only in memory", "pipeline/entity/entities.cc", "  if (cached.dirty) return;\n",
        "  if (cached.dirty || cached.counted) return;\n", ENTITY),
    Bug("what rules changed is told once", "pipeline/alert/breach.cc",
        "  for (auto& [key, series] : series_) series.changed |= series.taken;\n", "", ENGINE),
    Bug("panes are written without their last part", "pipeline/window/codec.h", "  if (!value.empty()) part(std::move(value));", "", ENGINE),
    Bug("ids are stored twice", "pipeline/engine/dedup.cc", "    run.stored = run.ids.size;\n    run.full = Full(run);\n  }\n  memo_pane_",
        "    run.full = Full(run);\n  }\n  memo_pane_", ("engine_dedup_test", *ENGINE)),
    # Windows.
    Bug("an expiry is forgotten", "pipeline/window/table.cc", "      words[0] += pass == Pass::kIn ? cell.count : -cell.count;",
        "      words[0] += pass == Pass::kIn ? cell.count : 0;", ENGINE),
    Bug("sums don't leave a window", "pipeline/window/table.cc",
        "AddToSum(words + 1, pass == Pass::kIn ? cell.sum : -cell.sum);", "AddToSum(words + 1, pass == Pass::kIn ? cell.sum : Int128{0});", ENGINE),
    Bug("panes in memory don't leave a window", "pipeline/window/table.cc", "      SubtractCell(words + place.acc, cell, place.has_sum);\n",
        "", ENGINE),
    Bug("what is read ahead is kept over a commit", "pipeline/window/table_store.cc", "{ run.Clear(); });", "{});", ENGINE),
    Bug("the lower edge is a step too late", "pipeline/plan/window.cc", "Edges edges{LowerEdge(t, w.length, w.step), EventTime::max()};",
        "Edges edges{LowerEdge(t, w.length, w.step) + w.step, EventTime::max()};", ENGINE),
    Bug("late events are dropped", "pipeline/engine/router.cc", "time >= watermark - *keep) continue;", "time >= watermark) continue;", ENGINE),
    Bug("late events are never dropped", "pipeline/engine/router.cc", "    active &= ~(uint64_t{1} << op.column);\n    ++counts_",
        "    ++counts_", ENGINE),
    Bug("entries of one row are not added up", "pipeline/window/table_store.cc",
        "AddCell(sum.data() + column.pane, words_of(end) + column.pane, column.has_sum);", "(void)column;", ENGINE),
    Bug("a pane of another minute is hot", "pipeline/window/table.h", "if (memo.epoch == hot_epoch_ && memo.pane == pane) [[likely]]",
        "if (memo.epoch == hot_epoch_) [[likely]]", ENGINE),
    Bug("idle series leave with a pane still kept", "pipeline/window/table.cc",
        "const Duration keep = std::max(*column.keep + column.series_idle, longest) + PaneSize(Tier::kDay);",
        "const Duration keep = column.series_idle;", ENGINE),
    Bug("the row asked for last is that of any labels", "pipeline/window/rows.h",
        "hash == memo_hash_ && (wanted & ~admitted_[memo_row_.v]) == 0 && memo_row_ != kOtherRow && packed == packed_[memo_row_.v]",
        "(wanted & ~admitted_[memo_row_.v]) == 0 && memo_row_ != kOtherRow", ENGINE),
    Bug("the limit of series admits one more", "pipeline/window/rows.cc", "if (used < plan_.columns[c].max_series)",
        "if (used <= plan_.columns[c].max_series)", ENGINE),
    # Aggregates.
    Bug("the greatest is the least", "pipeline/engine/groups.cc", "*to = first ? value : std::max(*to, value);", "*to = first ? value : std::min(*to, value);",
        ("engine_groups_test", *ENGINE)),
    Bug("a condition tells no group apart", "pipeline/engine/groups.cc", "key_[size++] = static_cast<int64_t>(facts);", "key_[size++] = 0;",
        ("engine_groups_test", *ENGINE)),
    Bug("groups outlive a fold", "pipeline/engine/router.cc", "    groups.Clear();\n", "", ENGINE),
    Bug("a maximum hides later ones", "pipeline/aggregate/staircase.cc", "return maximum ? a >= b : a <= b;", "return maximum ? a > b : a < b;",
        ("base_test", *ENGINE)),
    Bug("the best is dropped with its pane", "pipeline/aggregate/staircase.cc", "  if (at == steps_.begin()) return;\n  steps_.erase(steps_.begin() + (keep_best ? 1 : 0), at);",
        "  static_cast<void>(keep_best);\n  steps_.erase(steps_.begin(), at);", ("base_test", *ENGINE)),
    Bug("operands of a formula are swapped", "pipeline/view/formula.cc", "return Divide(a, b);", "return Divide(b, a);", ENGINE),
    # Duplicates and time.
    Bug("the horizon of ids is judged by the event alone", "pipeline/engine/dedup.h", "if (time < floor_) return Verdict::kTooOld;\n", "",
        ("engine_dedup_test", *ENGINE)),
    Bug("ids of a pane that was turned are forgotten", "pipeline/engine/dedup.h", "    if (pane != memo_pane_) Turn(pane);",
        "    if (memo_ == nullptr) Turn(pane);", ("engine_dedup_test", *ENGINE)),
    Bug("a duplicate moves no time", "pipeline/engine/intake.cc", "    TM_RETURN_IF_ERROR(router_.Apply(row, watermark, keys));\n  }\n  partition->clock.Saw(row.time);",
        "    TM_RETURN_IF_ERROR(router_.Apply(row, watermark, keys));\n    partition->clock.Saw(row.time);\n  }", ENGINE),
    Bug("an event from the future moves time", "pipeline/engine/intake.cc", "      ++counts.quarantined_future;\n",
        "      ++counts.quarantined_future;\n      partition->clock.Saw(row.time);\n", ENGINE),
    Bug("the bound of disorder is forgotten", "pipeline/time/partition_clock.h", "kNoEventTime : stream_time_ - bound_; }",
        "kNoEventTime : stream_time_; }", ("engine_property_test", *ENGINE)),
    Bug("T is the greatest of the partitions", "pipeline/engine/impl.cc", "    least = std::min(least, known);", "    least = greatest;", ENGINE),
    Bug("a partition that is behind is held out at once", "pipeline/engine/impl.cc",
        "if (any_lives && now - partition->last_progress >= max_hold && !partition->held_out) {", "if (any_lives && !partition->held_out) {", ENGINE),
    # Schemas that are waited for.
    Bug("ids of who left the minimum are forgotten", "pipeline/engine/commit.cc", "KnownThrough(SIZE_MAX, /*all=*/true)", "KnownThrough(SIZE_MAX)", SCHEMAS),
    Bug("schemas are not stored", "pipeline/engine/commit.cc", "  schemas_.AppendTo(batch);\n", "", SCHEMAS),
    Bug("who waits for a schema holds time for ever", "pipeline/engine/impl.cc", "!partition->blocked && !waits)", "!partition->blocked)", SCHEMAS),
    Bug("a batch goes on behind the record that waited", "pipeline/engine/intake.cc", "rest.DropFront(pending.next);",
        "rest.DropFront(std::min(pending.next + 1, rest.records().size()));", SCHEMAS),
    # What sources say beyond a record, and batches.
    Bug("a fact that comes earlier counts twice", "pipeline/entity/facts.cc", "      todo.replaces = had->at;\n", "", FACTS),
    Bug("what is said later corrects nothing", "pipeline/entity/facts.cc", "    if (!known) todo_.push_back({event.at, event.at, event.fact});\n", "    static_cast<void>(known);\n", FACTS),
    Bug("what was said is forgotten with a restart", "pipeline/entity/facts.cc", "event.fact >= fold.of_facts.size()) return false;\n  }\n",
        "event.fact >= fold.of_facts.size()) return false;\n  }\n  for (auto& list : sayings_) list.clear();\n", FACTS),
    Bug("what the record itself says isn't taken over", "pipeline/entity/facts.cc", "std::tie(s.at.time, s.version) <= std::tie(event.at.time, event.version)",
        "std::tie(s.at.time, s.version) < std::tie(event.at.time, event.version)", FACTS),
    Bug("letters are not stored", "pipeline/engine/dead_letters.cc", "    if (!waiting.stored) batch->puts", "    if (false && !waiting.stored) batch->puts", SCENARIO),
    Bug("batches hold nothing", "pipeline/engine/impl.cc", "plan_->clocks()[c].held ? std::min(known, HeldAt(c)) : known", "known", SCENARIO),
    # Messages of one's own.
    Bug("a message that can't be decoded is an event", "pipeline/engine/intake.cc", "      if (row.error != DecodeError::kNone) [[unlikely]] pending.Spoil(i);\n", "", OWN),
    Bug("other types of other versions are read", "pipeline/mapping/own_event.cc", " || !Holds(from, to)) {", " || (false && !Holds(from, to))) {", OWN),
    Bug("another version's names are asked", "pipeline/mapping/reader.cc", "ProtobufProgram(own_ != nullptr ? own_ : message, plan_)", "ProtobufProgram(message, plan_)", OWN),
    Bug("state doesn't hang on a message's fields", "pipeline/plan/compile_table.cc", "  return text + OwnFields(spec);", "  return text;", OWN),
    Bug("an empty wrapper is absent", "pipeline/event/runner.cc", "      fill->present |= uint64_t{1} << action.slot;\n      return Message(", "      return Message(", OWN),
    # Entities.
    Bug("a close ends nothing", "pipeline/entity/merged.cc", "if ((event.roles & fold.kEnds) != 0) ended = std::max(ended, now);", "", ENTITY),
    Bug("the older field wins", "pipeline/entity/merged.cc", "if (event.time != at.time) return at.time < event.time;",
        "if (event.time != at.time) return at.time > event.time;", ENTITY),
    Bug("a chain goes on beyond its time", "pipeline/entity/steps.cc", "next->at.time - begin > fold.within) break;", "next->at.time - begin > 1000 * fold.within) break;", ENTITY),
    Bug("the last time of an id is its first", "pipeline/entity/distinct.cc", "if (last.size() == fold.at_least && minute > last.back()) last.pop_back();",
        "", ENTITY),
    Bug("a revoked id counts again", "pipeline/entity/fold.cc", "    if (fold.revocable && part[0] == kRevoked) return Status::Ok();\n    if (!ReadState",
        "    if (fold.revocable && part[0] == kRevoked) part = {};\n    if (!part.empty() && !ReadState", ENTITY),
    # Breaches and the log.
    Bug("a breach fires at once", "pipeline/alert/breach.cc", "t - series->since >= plan_.hold_for) Move(series, BreachState::kFiring, t);",
        "t >= series->since) Move(series, BreachState::kFiring, t);", ENGINE),
    Bug("a breach has no hysteresis", "pipeline/alert/breach.cc", "series.state == BreachState::kInactive ? plan_.enter : plan_.exit;",
        "series.state == BreachState::kInactive ? plan_.enter : plan_.enter;", ENGINE),
    Bug("a rule that left goes on where it was", "pipeline/engine/open.cc",
        "known to have lasted.\n      erase_at_open_.erases.push_back({Family::kMeta, std::string(key)});\n", "known to have lasted.\n", ENGINE),
    Bug("another log is not noticed", "pipeline/kafka/log_check.cc", "if (RecordDigest(record) != last_digest_) {", "if (record.offset < last_) {",
        ("kafka_log_check_test",)),
    Bug("records before the offset are delivered again", "pipeline/kafka/log_check.cc",
        "  if (next_ != kNoOffset && record.offset < next_) return Verdict::kDrop;\n  next_ = Offset", "  next_ = Offset", ("kafka_log_check_test",)),
]
