#include "pipeline/engine/partition.h"

#include <algorithm>

#include "pipeline/store/bytes.h"

namespace tidemark {
namespace {

constexpr size_t kFirstErrors = 8;  // DecodeErrors that are stored among the counters

// The counters in their stored order. Behind them lie the losses, and then what came later: where records are mapped, behind a
// time that no loss has.
template <class Counts, class F>
void ForEachCount(Counts& c, F f) {
  f(c.read), f(c.accepted), f(c.duplicate), f(c.quarantined_future), f(c.quarantined_no_time);
  for (size_t e = 0; e < kFirstErrors; ++e) f(c.undecodable[e]);
  f(c.unrouted), f(c.late), f(c.too_old_to_dedup), f(c.conflict), f(c.skipped_offsets);
}

template <class Counts, class F>
void ForEachLaterCount(Counts& c, F f) {
  f(c.imported), f(c.mapped), f(c.events), f(c.ignored), f(c.unmapped), f(c.tombstones), f(c.gaps), f(c.rejected);
  f(c.undecodable[static_cast<size_t>(DecodeError::kBadJson)]);
}

// Behind those, where any of them is not zero or gaps follow.
template <class Counts, class F>
void ForEachFormatCount(Counts& c, F f) {
  for (size_t e = static_cast<size_t>(DecodeError::kBadAvro); e < kDecodeErrorCount; ++e) f(c.undecodable[e]);
}

constexpr size_t kMaxLosses = 16;

}  // namespace

void BeginLoss(Partition* p) {
  const EventTime from = p->clock.watermark();
  if (from == kNoEventTime || p->losing()) return;  // without an event before it, coverage begins after it anyway
  if (p->losses.size() == kMaxLosses) {
    p->losses[1].from = p->losses[0].from;
    p->losses.erase(p->losses.begin());
  }
  p->losses.push_back({from, EventTime::max()});
}

void EndLoss(EventTime next, Partition* p) { p->losses.back().to = std::max(next, p->clock.stream_time()); }

void MarkGaps(std::span<const TimeSpan> gaps, Partition* p) {
  p->gaps.insert(p->gaps.end(), gaps.begin(), gaps.end());
  Join(&p->gaps);
  if (p->gaps.size() <= SourceCover::kMaxGaps) return;
  const size_t more = p->gaps.size() - SourceCover::kMaxGaps;
  p->gaps[more].from = p->gaps[0].from;
  p->gaps.erase(p->gaps.begin(), p->gaps.begin() + static_cast<ptrdiff_t>(more));
}

std::string EncodePartition(const Partition& p) {
  std::string out;
  PutZigZag(&out, p.next_offset.v);
  PutZigZag(&out, p.last_offset.v);
  PutBigEndian(&out, p.last_digest, 8);
  PutZigZag(&out, Micros(p.clock.stream_time()));
  PutZigZag(&out, Micros(p.clock.proven()));
  PutZigZag(&out, Micros(p.first_time));
  ForEachCount(p.counts, [&](int64_t n) { PutZigZag(&out, n); });
  for (const Loss& loss : p.losses) {
    PutZigZag(&out, Micros(loss.from));
    PutZigZag(&out, Micros(loss.to));
  }
  int64_t later = -p.counts.imported, formats = 0;
  ForEachLaterCount(p.counts, [&](int64_t n) { later += n; });
  ForEachFormatCount(p.counts, [&](int64_t n) { formats += n; });
  if (later != 0 || formats != 0 || !p.gaps.empty()) {
    PutZigZag(&out, Micros(kNoEventTime));
    ForEachLaterCount(p.counts, [&](int64_t n) { PutZigZag(&out, n); });
    if (formats != 0 || !p.gaps.empty()) ForEachFormatCount(p.counts, [&](int64_t n) { PutZigZag(&out, n); });
    for (const TimeSpan& gap : p.gaps) {
      PutMinute(&out, gap.from);
      PutMinute(&out, gap.to);
    }
  } else if (p.counts.imported != 0) {
    PutZigZag(&out, p.counts.imported);
  }
  return out;
}

Status DecodePartition(std::string_view bytes, Partition* p) {
  ByteReader reader(bytes);
  p->next_offset = Offset{reader.Count()};
  p->last_offset = Offset{reader.Count()};
  p->last_digest = reader.BigEndian(8);
  const EventTime stream_time = reader.Time();
  const EventTime proven = reader.Time();
  p->clock.Restore(stream_time, proven);
  p->first_time = reader.Time();
  ForEachCount(p->counts, [&](int64_t& n) { n = reader.Count(); });
  p->losses.clear();
  p->gaps.clear();
  while (!reader.empty()) {
    ByteReader alone = reader;
    const EventTime from = reader.Time();
    if (reader.empty()) {
      reader = alone;
      p->counts.imported = reader.Count();
    } else if (from == kNoEventTime) {
      ForEachLaterCount(p->counts, [&](int64_t& n) { n = reader.Count(); });
      if (!reader.empty()) ForEachFormatCount(p->counts, [&](int64_t& n) { n = reader.Count(); });
      while (!reader.empty()) {
        const EventTime gap = reader.Minute();
        p->gaps.push_back({gap, reader.Minute()});
      }
    } else {
      p->losses.push_back({from, reader.TimeOrNever()});
    }
  }
  const bool offsets = p->next_offset >= kNoOffset && p->last_offset >= kNoOffset;
  bool gaps = p->gaps.size() <= SourceCover::kMaxGaps;
  for (size_t i = 0; i < p->gaps.size(); ++i) gaps = gaps && p->gaps[i].from < p->gaps[i].to && (i == 0 || p->gaps[i - 1].to < p->gaps[i].from);
  if (!reader.Done() || !offsets || !gaps || p->losses.size() > kMaxLosses || !p->counts.AddUp()) {
    return Corrupt("stored state of " + p->tp.topic + "[" + std::to_string(p->tp.partition) + "] cannot be read");
  }
  return Status::Ok();
}

}  // namespace tidemark
