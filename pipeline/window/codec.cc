#include "pipeline/window/codec.h"

namespace tidemark {
void PutRowColumn(std::string* out, const RowColumn& column) {
  PutVarint(out, column.number);
  const size_t at = out->size();
  out->push_back(0);  // how many bytes follow: mostly one says it
  PutVarint(out, column.has_sum ? 1 : 0);
  PutMinute(out, column.last_pane);
  PutVarint(out, column.windows.size());
  for (const RowWindow& w : column.windows) {
    PutVarint(out, w.number);
    PutZigZag(out, w.count);
    if (column.has_sum) PutZigZag128(out, w.sum);
  }
  PutVarint(out, column.steps.size());
  for (const Staircase::Step& step : column.steps) {
    PutMinute(out, step.pane);
    PutZigZag(out, step.value);
  }
  PutVarint(out, column.last.size());
  for (const LastValue& last : column.last) {
    PutZigZag(out, Micros(last.time));
    PutVarint(out, last.tie);
    PutZigZag(out, last.value);
  }
  std::array<char, 10> bytes;
  const size_t length = WriteVarint(out->size() - at - 1, bytes.data());
  (*out)[at] = bytes[0];
  if (length > 1) out->insert(at + 1, bytes.data() + 1, length - 1);
}

Status ReadRowColumn(ByteReader* reader, RowColumn* column, std::string_view* raw) {
  const std::string_view begin = reader->rest();
  *column = RowColumn();
  column->number = static_cast<uint32_t>(reader->Varint());
  ByteReader payload(reader->Bytes());
  *raw = begin.substr(0, begin.size() - reader->rest().size());
  column->has_sum = payload.Varint() != 0;
  column->last_pane = payload.Minute();
  const uint64_t windows = payload.Varint();
  if (windows > raw->size()) return Corrupt("row: more windows than bytes");
  for (uint64_t i = 0; i < windows; ++i) {
    RowWindow w;
    w.number = static_cast<uint32_t>(payload.Varint());
    w.count = payload.Count();
    if (column->has_sum) w.sum = payload.Sum();
    column->windows.push_back(w);
  }
  const uint64_t steps = payload.Varint();
  if (steps > raw->size()) return Corrupt("row: more steps than bytes");
  for (uint64_t i = 0; i < steps; ++i) {
    const EventTime pane = payload.Minute();
    if (i > 0 && pane <= column->steps.back().pane) return Corrupt("row: steps out of order");
    column->steps.push_back({pane, payload.ZigZag()});
  }
  const uint64_t last = payload.Varint();
  if (last > raw->size()) return Corrupt("row: more last values than bytes");
  for (uint64_t i = 0; i < last; ++i) {
    const EventTime time = payload.Time();
    if (i > 0 && time < column->last.back().time) return Corrupt("row: last values out of order");
    const uint64_t tie = payload.Varint();
    column->last.push_back({time, tie, payload.ZigZag()});
  }
  if (!reader->ok() || !payload.Done()) return Corrupt("row: truncated or overlong column " + std::to_string(column->number));
  return Status::Ok();
}

void PutTableHead(std::string* out, const TableHead& head) {
  PutVarint(out, head.windows.size());
  for (const HeadWindow& w : head.windows) {
    PutBytes(out, w.identity);
    PutVarint(out, w.number);
    PutBigEndian(out, w.tier, 1);
    PutZigZag(out, Micros(w.lower));
    PutZigZag(out, Micros(w.upper));
    PutVarint(out, w.columns.size());
    for (const uint32_t number : w.columns) PutVarint(out, number);
  }
  PutVarint(out, head.next_window);
  for (size_t t = 0; t < head.edge.size(); ++t) {
    PutZigZag(out, Micros(head.stored_end[t]));
    PutZigZag(out, Micros(head.edge[t]));
  }
  PutZigZag(out, Micros(head.swept));
}

Status ReadTableHead(std::string_view value, TableHead* head) {
  *head = TableHead();
  ByteReader reader(value);
  const uint64_t windows = reader.Varint();
  for (uint64_t i = 0; i < windows && reader.ok(); ++i) {
    HeadWindow& w = head->windows.emplace_back();
    w.identity = reader.Bytes();
    w.number = static_cast<uint32_t>(reader.Varint());
    w.tier = static_cast<uint8_t>(reader.BigEndian(1));
    w.lower = reader.Time();
    w.upper = reader.TimeOrNever();
    const uint64_t columns = reader.Varint();
    for (uint64_t c = 0; c < columns && reader.ok(); ++c) w.columns.push_back(static_cast<uint32_t>(reader.Varint()));
  }
  head->next_window = static_cast<uint32_t>(reader.Varint());
  for (size_t t = 0; t < head->edge.size(); ++t) {
    head->stored_end[t] = reader.Time();
    head->edge[t] = reader.Time();
  }
  head->swept = reader.Time();
  return reader.Done() ? Status::Ok() : Corrupt("a table's head cannot be read");
}

Result<TableHead> LoadTableHead(const Store& store, StoredTable table) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> value, store.Get(Family::kMeta, TableKey(table)));
  TableHead head;
  if (value) TM_RETURN_IF_ERROR(ReadTableHead(*value, &head).In("table " + std::to_string(table.v)));
  return head;
}

}  // namespace tidemark
