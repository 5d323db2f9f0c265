// The key grammar: pipeline/store/README.md. Big-endian throughout, so that byte order is time order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/ids.h"
#include "pipeline/base/time.h"
#include "pipeline/plan/tier.h"
#include "pipeline/store/bytes.h"

namespace tidemark {

inline constexpr uint32_t kStoreFormat = 3;

// A table's number in the store, given by the registry, never reused.
using StoredTable = StrongInt<struct StoredTableTag, uint32_t>;

// Time is shifted so that negative instants sort first; panes are counted in minutes since the epoch.
inline uint64_t PaneOrder(EventTime pane) {
  return static_cast<uint64_t>(FloorDiv(Micros(pane), kMicrosPerMinute)) ^ (uint64_t{1} << 63);
}
// Of a key that nothing wrote, the nearest that could be.
inline EventTime PaneFromOrder(uint64_t order) {
  constexpr int64_t kMost = kMostMicros / kMicrosPerMinute;
  return EventTimeFromMicros(std::clamp(static_cast<int64_t>(order ^ (uint64_t{1} << 63)), -kMost, kMost) * kMicrosPerMinute);
}

// kMeta: one letter, then what it is of.
inline std::string FormatKey() { return "F"; }
inline std::string RegistryKey() { return "G"; }
inline std::string HeadKey() { return "H"; }
inline std::string EntitiesKey() { return "E"; }
inline std::string ImportKey() { return "I"; }
inline std::string SideKey() { return "B"; }
inline std::string PartitionKey(std::string_view topic, int32_t partition) {
  std::string key = "P";
  PutBytes(&key, topic);
  PutBigEndian(&key, static_cast<uint32_t>(partition), 4);
  return key;
}
inline std::string ClockKey(uint64_t clock_fingerprint) {
  std::string key = "C";
  PutBigEndian(&key, clock_fingerprint, 8);
  return key;
}
inline std::string SourceKey(uint64_t source_fingerprint) {
  std::string key = "S";
  PutBigEndian(&key, source_fingerprint, 8);
  return key;
}
inline std::string SchemaKey(std::string_view source, uint32_t number) {
  std::string key = "W";
  PutBytes(&key, source);
  PutBigEndian(&key, number, 4);
  return key;
}
inline std::string IdsFloorKey(uint64_t topic_hash) {
  std::string key = "D";
  PutBigEndian(&key, topic_hash, 8);
  return key;
}
inline std::string LetterKey(uint64_t number) {
  std::string key = "L";
  PutBigEndian(&key, number, 8);
  return key;
}
inline std::string TableKey(StoredTable table) {
  std::string key = "T";
  PutBigEndian(&key, table.v, 4);
  return key;
}
inline std::string KpiKey(uint64_t fingerprint) {
  std::string key = "K";
  PutBigEndian(&key, fingerprint, 8);
  return key;
}
inline std::string RuleKey(uint64_t fingerprint, std::string_view series) {
  std::string key = "R";
  PutBigEndian(&key, fingerprint, 8);
  key.append(series);
  return key;
}

// kRows: table, 'L' (labels) or 'V' (values), row.
inline std::string RowKey(StoredTable table, char kind, RowId row) {
  std::string key;
  PutBigEndian(&key, table.v, 4);
  key.push_back(kind);
  PutBigEndian(&key, row.v, 4);
  return key;
}

// kRows: table, 'H', hour, part: what the table showed at a whole hour.
inline std::string ShownKey(StoredTable table, EventTime hour, uint32_t part = 0) {
  std::string key;
  PutBigEndian(&key, table.v, 4);
  key.push_back('H');
  PutBigEndian(&key, PaneOrder(hour), 8);
  PutBigEndian(&key, part, 4);
  return key;
}
inline EventTime HourOfShown(std::string_view key) { return PaneFromOrder(ByteReader(key.substr(5)).BigEndian(8)); }

// kPanes: table, tier, pane, commit sequence, part. A pane is the sum of its fragments.
inline std::string PanePrefix(StoredTable table, Tier tier, EventTime pane) {
  std::string key;
  PutBigEndian(&key, table.v, 4);
  PutBigEndian(&key, static_cast<uint8_t>(tier), 1);
  PutBigEndian(&key, PaneOrder(pane), 8);
  return key;
}
inline std::string FragmentKey(StoredTable table, Tier tier, EventTime pane, uint64_t sequence, uint16_t part) {
  std::string key = PanePrefix(table, tier, pane);
  PutBigEndian(&key, sequence, 8);
  PutBigEndian(&key, part, 2);
  return key;
}
inline constexpr size_t kFragmentKeyBytes = 23;
inline EventTime PaneOfFragment(std::string_view key) { return PaneFromOrder(ByteReader(key.substr(5)).BigEndian(8)); }

// kIds: hash of the topic's name, pane, commit sequence.
inline std::string IdsKey(uint64_t topic_hash, EventTime pane, uint64_t sequence) {
  std::string key;
  PutBigEndian(&key, topic_hash, 8);
  PutBigEndian(&key, PaneOrder(pane), 8);
  PutBigEndian(&key, sequence, 8);
  return key;
}

}  // namespace tidemark
