// Ids as types: nothing converts silently.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tidemark {

template <class Tag, class Rep>
struct StrongInt {
  Rep v{};
  constexpr auto operator<=>(const StrongInt&) const = default;
};

using Offset = StrongInt<struct OffsetTag, int64_t>;          // offset of a record in its partition
using PartitionId = StrongInt<struct PartitionTag, uint32_t>; // dense index of a (topic, partition) within one engine
using TopicId = StrongInt<struct TopicTag, uint32_t>;         // index into Specs::topics
using EventTypeId = StrongInt<struct EventTypeTag, uint32_t>; // index into Schema::event_types()
using KpiId = StrongInt<struct KpiTag, uint32_t>;             // index into Plan::kpis(): order of the configuration
using RuleId = StrongInt<struct RuleTag, uint32_t>;           // index into Plan::rules()
using TableId = StrongInt<struct TableTag, uint32_t>;         // index into Plan::tables()
using RowId = StrongInt<struct RowTag, uint32_t>;             // one value of a table's labels; dense, stored, reused when free

inline constexpr Offset kNoOffset{-1};
inline constexpr EventTypeId kNoEventType{UINT32_MAX};

}  // namespace tidemark

template <class Tag, class Rep>
struct std::hash<tidemark::StrongInt<Tag, Rep>> {
  size_t operator()(const tidemark::StrongInt<Tag, Rep>& id) const noexcept { return std::hash<Rep>()(id.v); }
};
