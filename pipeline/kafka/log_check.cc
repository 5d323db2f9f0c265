#include "pipeline/kafka/log_check.h"

#include <algorithm>

namespace tidemark {

LogCheck::LogCheck(const StartAt& start, OnDataLoss on_data_loss)
    : name_("topic " + start.tp.topic + ", partition " + std::to_string(start.tp.partition)),
      on_data_loss_(on_data_loss),
      next_(start.next_offset),
      last_(start.next_offset == kNoOffset ? kNoOffset : start.last_offset),
      last_digest_(start.last_digest) {
  if (last_ != kNoOffset) SeekLast();
}

LogCheck::Verdict LogCheck::OnRecord(const RecordView& record) {
  switch (state_) {
    case State::kHalted:
    case State::kAsking:
      return Verdict::kDrop;
    case State::kReading:
      break;
    case State::kRecognising:
      if (record.offset < last_) return Verdict::kDrop;
      if (record.offset == last_) {
        if (RecordDigest(record) != last_digest_) {
          return AnotherLog("the record at offset " + std::to_string(last_.v) + " is not the one that was applied",
                            kNoOffset);
        }
      } else {
        ++unrecognised_;  // compacted away; an offset below the log's begin or beyond its end comes another way
      }
      state_ = State::kReading;
      break;
  }
  if (next_ != kNoOffset && record.offset < next_) return Verdict::kDrop;
  next_ = Offset{record.offset.v + 1};
  return Verdict::kDeliver;
}

LogCheck::Verdict LogCheck::OnEnd(Offset offset) {
  if (state_ == State::kHalted || state_ == State::kAsking) return Verdict::kDrop;
  if (state_ == State::kRecognising) {
    if (offset <= last_) return OnOutOfRange();
    ++unrecognised_;
    state_ = State::kReading;
  }
  if (next_ != kNoOffset && offset < next_) return OnOutOfRange();
  next_ = offset;
  return Verdict::kDrop;
}

LogCheck::Verdict LogCheck::OnOutOfRange() {
  if (state_ == State::kHalted) return Verdict::kHalt;
  state_ = State::kAsking;
  return Verdict::kAskRange;
}

LogCheck::Verdict LogCheck::OnRange(Offset low, Offset high) {
  if (state_ != State::kAsking) return halted() ? Verdict::kHalt : Verdict::kDrop;
  if (next_ == kNoOffset) return ReadFrom(low);
  const Offset known_end = last_ == kNoOffset ? next_ : Offset{last_.v + 1};
  if (high < known_end) {
    return AnotherLog("it ends at offset " + std::to_string(high.v) + ", but everything before offset " +
                          std::to_string(known_end.v) + " was applied",
                      low);
  }
  next_ = std::min(next_, high);  // only control records went: what takes their place must not be dropped
  if (last_ != kNoOffset && low <= last_) return SeekLast();
  if (low > next_) return Lost(low);
  if (last_ != kNoOffset) ++unrecognised_;
  return ReadFrom(next_);
}

LogCheck::Verdict LogCheck::OnInterruption() {
  if (state_ == State::kHalted) return Verdict::kHalt;
  if (next_ == kNoOffset) return Verdict::kDrop;  // nothing was read: there is nothing to recognise
  if (last_ != kNoOffset && state_ != State::kAsking) return SeekLast();
  return OnOutOfRange();
}

void LogCheck::Delivered(const RecordView& last) {
  last_ = last.offset;
  last_digest_ = RecordDigest(last);
}

LogCheck::Verdict LogCheck::SeekLast() {
  state_ = State::kRecognising;
  return Verdict::kSeek;
}

LogCheck::Verdict LogCheck::ReadFrom(Offset offset) {
  state_ = State::kReading;
  next_ = offset;
  return Verdict::kSeek;
}

LogCheck::Verdict LogCheck::AnotherLog(std::string what, Offset low) {
  if (on_data_loss_ == OnDataLoss::kHalt) {
    return Halt(name_ + " was re-created or lost its end: " + what + "; on_data_loss: skip would begin it anew");
  }
  restarted_ = true;
  next_ = last_ = kNoOffset;
  if (low != kNoOffset) return ReadFrom(low);
  state_ = State::kAsking;
  return Verdict::kAskRange;
}

LogCheck::Verdict LogCheck::Lost(Offset low) {
  if (on_data_loss_ == OnDataLoss::kHalt) {
    return Halt(name_ + ": records from offset " + std::to_string(next_.v) + " on are needed, but the log begins at " +
                std::to_string(low.v) + " by now (retention?); on_data_loss: skip would go on without them");
  }
  gap_ = {gap_ ? gap_->first : next_, low};
  last_ = kNoOffset;  // gone as well: nothing to recognise until the next record
  return ReadFrom(low);
}

LogCheck::Verdict LogCheck::Halt(std::string reason) {
  state_ = State::kHalted;
  halt_reason_ = std::move(reason);
  return Verdict::kHalt;
}

}  // namespace tidemark
