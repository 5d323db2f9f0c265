#include "pipeline/window/codec.h"

namespace tidemark {
namespace {

int64_t Minutes(EventTime t) { return FloorDiv(Micros(t), kMicrosPerMinute); }
EventTime FromMinutes(int64_t minutes) { return EventTimeFromMicros(minutes * kMicrosPerMinute); }
uint64_t Minutes(Duration d) { return static_cast<uint64_t>(d.count() / kMicrosPerMinute); }
Duration DurationOfMinutes(uint64_t minutes) { return Duration(static_cast<int64_t>(minutes) * kMicrosPerMinute); }

constexpr uint64_t kMaxMinutes = uint64_t{1} << 32;  // no window or list is longer

}  // namespace

void PutRowColumn(std::string* out, const RowColumn& column) {
  std::string payload;
  PutVarint(&payload, column.has_sum ? 1 : 0);
  PutZigZag(&payload, Minutes(column.last_pane));
  PutVarint(&payload, column.windows.size());
  for (const RowWindow& w : column.windows) {
    PutVarint(&payload, Minutes(w.length));
    PutVarint(&payload, Minutes(w.step));
    PutZigZag(&payload, w.count);
    if (column.has_sum) PutZigZag128(&payload, w.sum);
  }
  PutVarint(&payload, column.steps.size());
  for (const Staircase::Step& step : column.steps) {
    PutZigZag(&payload, Minutes(step.pane));
    PutZigZag(&payload, step.value);
  }
  PutVarint(&payload, column.last.time == kNoEventTime ? 0 : 1);
  if (column.last.time != kNoEventTime) {
    PutZigZag(&payload, Micros(column.last.time));
    PutVarint(&payload, column.last.tie);
    PutZigZag(&payload, column.last.value);
  }
  PutVarint(out, column.number);
  PutBytes(out, payload);
}

Status ReadRowColumn(ByteReader* reader, RowColumn* column, std::string_view* raw) {
  const std::string_view begin = reader->rest();
  *column = RowColumn();
  column->number = static_cast<uint32_t>(reader->Varint());
  ByteReader payload(reader->Bytes());
  *raw = begin.substr(0, begin.size() - reader->rest().size());
  column->has_sum = payload.Varint() != 0;
  column->last_pane = FromMinutes(payload.ZigZag());
  const uint64_t windows = payload.Varint();
  if (windows > raw->size()) return Corrupt("row: more windows than bytes");
  for (uint64_t i = 0; i < windows; ++i) {
    RowWindow w;
    const uint64_t length = payload.Varint(), step = payload.Varint();
    if (length > kMaxMinutes || step > kMaxMinutes) return Corrupt("row: a window beyond all bounds");
    w.length = DurationOfMinutes(length);
    w.step = DurationOfMinutes(step);
    w.count = payload.ZigZag();
    if (column->has_sum) w.sum = payload.ZigZag128();
    column->windows.push_back(w);
  }
  const uint64_t steps = payload.Varint();
  if (steps > raw->size()) return Corrupt("row: more steps than bytes");
  for (uint64_t i = 0; i < steps; ++i) {
    const EventTime pane = FromMinutes(payload.ZigZag());
    column->steps.push_back({pane, payload.ZigZag()});
  }
  if (payload.Varint() != 0) {
    column->last.time = EventTimeFromMicros(payload.ZigZag());
    column->last.tie = payload.Varint();
    column->last.value = payload.ZigZag();
  }
  if (!reader->ok() || !payload.Done()) return Corrupt("row: truncated or overlong column " + std::to_string(column->number));
  return Status::Ok();
}

}  // namespace tidemark
