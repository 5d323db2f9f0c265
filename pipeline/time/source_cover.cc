#include "pipeline/time/source_cover.h"

#include <algorithm>

namespace tidemark {

void Join(std::vector<TimeSpan>* spans) {
  std::sort(spans->begin(), spans->end(), [](const TimeSpan& a, const TimeSpan& b) { return a.from < b.from; });
  size_t joined = 0;
  for (const TimeSpan& span : *spans) {
    if (joined > 0 && span.from <= (*spans)[joined - 1].to) {
      (*spans)[joined - 1].to = std::max((*spans)[joined - 1].to, span.to);
    } else {
      (*spans)[joined++] = span;
    }
  }
  spans->resize(joined);
}

Duration Within(std::span<const TimeSpan> spans, EventTime from, EventTime to) {
  Duration sum(0);
  auto it = std::partition_point(spans.begin(), spans.end(), [&](const TimeSpan& s) { return s.to <= from; });
  for (; it != spans.end() && it->from < to; ++it) sum += std::min(it->to, to) - std::max(it->from, from);
  return sum;
}

bool SourceCover::Hear(EventTime t, Duration expect_every) {
  if (t >= first_ && t <= last_ && gaps_.empty()) [[likely]] return false;
  if (!heard()) {
    first_ = last_ = t;
    return true;
  }
  if (t > last_) {
    const EventTime end = End(expect_every);
    if (t > end) gaps_.push_back({end, t});
    last_ = t;
    Bound();
    return true;
  }
  if (t < first_) {
    const EventTime end = std::max(t + expect_every, complete_);
    if (first_ > end) gaps_.insert(gaps_.begin(), {end, first_});
    first_ = t;
    Bound();
    return true;
  }
  return Close(t, t + expect_every);
}

bool SourceCover::Complete(EventTime through) {
  if (through <= complete_) return false;
  complete_ = through;
  Close(first_, through);
  return true;
}

bool SourceCover::Close(EventTime from, EventTime to) {
  auto gap = std::partition_point(gaps_.begin(), gaps_.end(), [&](const TimeSpan& g) { return g.to <= from; });
  if (gap == gaps_.end() || gap->from >= to) return false;
  if (gap->from < from) {
    const EventTime end = gap->to;
    gap->to = from;
    ++gap;
    if (end > to) {
      gaps_.insert(gap, {to, end});
      Bound();
      return true;
    }
  }
  const auto last = std::find_if(gap, gaps_.end(), [&](const TimeSpan& g) { return g.to > to; });
  if (last != gaps_.end()) last->from = std::max(last->from, to);
  gaps_.erase(gap, last);
  return true;
}

void SourceCover::Bound() {
  if (gaps_.size() <= kMaxGaps) return;
  gaps_[1].from = gaps_[0].from;
  gaps_.erase(gaps_.begin());
}

EventTime SourceCover::End(Duration expect_every) const {
  return heard() ? std::max(last_ + expect_every, complete_) : kNoEventTime;
}

void SourceCover::AppendUncovered(EventTime from, EventTime to, Duration expect_every, std::vector<TimeSpan>* spans) const {
  const auto add = [&](EventTime begin, EventTime end) {
    begin = std::max(begin, from);
    end = std::min(end, to);
    if (begin < end) spans->push_back({begin, end});
  };
  if (!heard()) return add(from, to);
  add(from, first_);
  for (const TimeSpan& gap : gaps_) add(gap.from, gap.to);
  add(End(expect_every), to);
}

bool SourceCover::Restore(EventTime first, EventTime last, EventTime complete, std::vector<TimeSpan> gaps) {
  if (first > last || gaps.size() > kMaxGaps) return false;
  for (size_t i = 0; i < gaps.size(); ++i) {
    if (gaps[i].from >= gaps[i].to || gaps[i].from < (i == 0 ? first : gaps[i - 1].to) || gaps[i].to > last) return false;
  }
  first_ = first;
  last_ = last;
  complete_ = complete;
  gaps_ = std::move(gaps);
  return true;
}

}  // namespace tidemark
