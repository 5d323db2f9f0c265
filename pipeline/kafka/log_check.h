// Is this still the log we were reading? The decisions of pipeline/kafka that need no Kafka.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/engine/source.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// Follows the reading of one partition and decides what may be handed out. The last applied record is read again
// first: its digest tells whether the log is the one our state came from.
//
//   recognising -- same digest --> reading -- interruption --> recognising
//        |                            |
//        +-- end, out of range -------+--> asking (for the log's range) --> recognising | reading | halted
//
// Invariants: (1) offsets that it lets through strictly rise, unless the log was begun anew; (2) nothing is let
// through between an interruption and the recognition of the log; (3) halted is final.
// Threads: confined to the engine's.
class LogCheck {
 public:
  enum class Verdict {
    kDeliver,   // hand the record out
    kDrop,      // go on with the next one
    kAskRange,  // find out where the log begins and ends, then OnRange()
    kSeek,      // fetch again, from fetch_from()
    kHalt,      // see halt_reason()
  };

  LogCheck(const StartAt& start, OnDataLoss on_data_loss);

  // Where to begin: an offset, or kNoOffset: where auto_offset_reset says.
  Offset fetch_from() const { return state_ == State::kRecognising ? last_ : next_; }
  // Everything before it was let through, or was never there for us; kNoOffset: unknown yet.
  Offset next() const { return next_; }
  bool reading() const { return state_ == State::kReading; }
  bool halted() const { return state_ == State::kHalted; }
  bool recognising() const { return state_ == State::kRecognising; }
  // There is a gap or a new beginning to tell of.
  bool has_report() const { return gap_.has_value() || restarted_; }

  Verdict OnRecord(const RecordView& record);
  // The log's readable part ends at `offset`: all before it was handed out or was never there for us.
  Verdict OnEnd(Offset offset);
  // The broker has no record at the offset asked for.
  Verdict OnOutOfRange();
  // Answers kAskRange: the log holds [low, high).
  Verdict OnRange(Offset low, Offset high);
  // For a while the broker could not be asked about this log, or its end went back: it may be another one now.
  Verdict OnInterruption();
  // The last record of those let through since the last call. Its views are read now.
  void Delivered(const RecordView& last);

  const std::string& halt_reason() const { return halt_reason_; }
  // Records lost that were stepped over; given out once.
  std::optional<std::pair<Offset, Offset>> TakeGap() { return std::exchange(gap_, std::nullopt); }
  // The log is another one and was begun anew; given out once.
  bool TakeRestarted() { return std::exchange(restarted_, false); }
  // How often reading went on without the last applied record to compare.
  uint64_t unrecognised() const { return unrecognised_; }

 private:
  enum class State { kReading, kRecognising, kAsking, kHalted };

  Verdict SeekLast();
  Verdict ReadFrom(Offset offset);
  Verdict AnotherLog(std::string what, Offset low);
  Verdict Lost(Offset low);
  Verdict Halt(std::string reason);

  const std::string name_;  // "topic orders, partition 3"
  const OnDataLoss on_data_loss_;
  State state_ = State::kReading;
  Offset next_ = kNoOffset;  // nothing before it is let through any more
  Offset last_ = kNoOffset;  // last record let through or applied
  uint64_t last_digest_ = 0;
  std::string halt_reason_;
  std::optional<std::pair<Offset, Offset>> gap_;
  bool restarted_ = false;
  uint64_t unrecognised_ = 0;
};

}  // namespace tidemark
