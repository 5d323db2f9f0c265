// Specs resolved against the schema once: tables, columns, routes and fingerprints. What the engine runs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/event/decoder.h"
#include "pipeline/event/schema.h"
#include "pipeline/plan/diagnostic.h"
#include "pipeline/plan/filter.h"
#include "pipeline/plan/spec.h"
#include "pipeline/plan/tier.h"
#include "pipeline/plan/window.h"
#include "pipeline/view/view.h"

namespace tidemark {

// A formula with its operands resolved. Node 0 is the root.
struct FormulaNode {
  Formula::Kind kind = Formula::Kind::kNumber;
  Decimal number;
  KpiId kpi{};
  size_t fixed_window = SIZE_MAX;  // index into the operand's windows when written @window, else the formula's own
  std::vector<uint32_t> args;
};

struct KpiPlan {
  KpiInfo info;
  Measure measure = Measure::kCount;
  int scale = 0;                       // digits after the point of its values
  uint64_t fingerprint = 0;            // of what is stored for it; 0 for a formula
  int64_t min_samples = 0;
  // Stored KPIs:
  TableId table{};
  uint32_t column = 0;                 // within the table
  std::vector<uint32_t> windows;       // indices into TablePlan::windows, in the order of info.windows
  std::optional<Duration> keep;        // longest rolling window; nullopt: lifetime, nothing is too late
  uint64_t max_series = 0;
  Duration series_idle{};
  // Formulas:
  std::vector<FormulaNode> formula;
  std::vector<std::vector<size_t>> operand_windows;  // [node][window of the formula] -> window of the operand
};

// How a column's values are combined. Hot words: the block of one (row, pane) since the last fold.
enum class CellKind : uint8_t { kCount, kSum, kMin, kMax, kLast };
constexpr uint32_t HotWords(CellKind kind) {
  return kind == CellKind::kCount ? 1 : kind == CellKind::kSum ? 3 : kind == CellKind::kLast ? 4 : 2;
}
// Stored in panes and accumulators: the count, and a sum's 128 bits (low word first).
constexpr uint32_t PaneWords(CellKind kind) { return kind == CellKind::kSum ? 3 : 1; }
constexpr bool HasSum(CellKind kind) { return kind == CellKind::kSum; }
constexpr bool HasExtreme(CellKind kind) { return kind == CellKind::kMin || kind == CellKind::kMax; }

// One KPI's place in its table.
struct ColumnPlan {
  KpiId kpi{};
  uint64_t fingerprint = 0;
  CellKind kind = CellKind::kCount;
  uint32_t hot = 0;                    // first word in a hot block
  uint32_t pane = 0;                   // first word in a pane block
  uint32_t acc = 0;                    // first word in a row: last pane seen, then PaneWords for each window
  uint32_t extra = UINT32_MAX;         // index of its staircase or last value within a row's extras
  std::vector<uint32_t> windows;       // indices into TablePlan::windows
  std::array<bool, kTierCount> tiers{};
  std::optional<Duration> keep;
  uint64_t max_series = 0;
  Duration series_idle{};
  std::vector<std::vector<std::string>> declared;  // label values of series that always exist
};

inline constexpr size_t kMaxColumns = 64;  // KPIs that share a table; more make another table

// KPIs with the same labels over the same topics: one row per value of the labels.
struct TablePlan {
  uint64_t fingerprint = 0;
  uint32_t clock = 0;                  // index into Plan::clocks()
  std::vector<std::string> labels;
  std::vector<WindowPlan> windows;     // distinct windows of its columns
  std::vector<ColumnPlan> columns;
  Tier hot_tier = Tier::kDay;          // finest tier of its windows
  std::array<uint64_t, kTierCount> tier_columns{};  // mask of columns whose panes are kept at a tier
  std::optional<Duration> min_keep;    // least keep of its columns; nullopt: nothing is ever too late
  uint32_t hot_words = 0, pane_words = 0, acc_words = 0, extras = 0;
};

// Partitions of these topics determine T.
struct ClockPlan {
  std::vector<TopicId> topics;
};

// One KPI's step for one event type.
struct Op {
  uint32_t column = 0;
  CellKind kind = CellKind::kCount;
  int32_t filter = -1;                 // index into RoutePlan::filters; -1: every event
  uint32_t slot = 0;                   // of the measured field
  bool has_slot = false;
  bool needs_present = false;          // an absent field is filtered out, not zero
  uint32_t hot = 0;                    // first word in a hot block
  KpiId kpi{};
};

struct LabelSlot {
  uint32_t slot = 0;
  SlotType type = SlotType::kString;
  int scale = 0;
  const google::protobuf::FieldDescriptor* leaf = nullptr;
};

// What one event type does to one table.
struct TableRoute {
  TableId table{};
  std::vector<LabelSlot> labels;
  std::vector<Op> ops;
  uint64_t unfiltered = 0;             // mask of columns whose op has no filter
};

struct RoutePlan {
  std::vector<Filter> filters;         // distinct conditions, evaluated once an event; at most 64
  std::vector<TableRoute> tables;
};

struct TopicPlan {
  std::string name;
  DedupSpec dedup;
};

struct RulePlan {
  RuleInfo info;
  KpiId kpi{};
  size_t window = 0;
  uint64_t fingerprint = 0;            // of the rule's name: its state goes on when levels change
  bool above = true;
  Decimal enter, exit;
  Duration hold_for{};
  int64_t min_samples = 0;
  Absent absent = Absent::kHold;
  std::optional<ActiveHours> active;
  std::vector<std::pair<size_t, std::string>> label_match;  // (index of label, value)
};

// Immutable and shared between threads.
class Plan {
 public:
  // Null when anything is wrong; every mistake is then in *diagnostics.
  static std::shared_ptr<const Plan> Compile(const Specs& specs, const Schema& schema, Diagnostics* diagnostics);

  std::span<const KpiPlan> kpis() const { return kpis_; }
  std::span<const TablePlan> tables() const { return tables_; }
  std::span<const RulePlan> rules() const { return rules_; }
  std::span<const ClockPlan> clocks() const { return clocks_; }
  std::span<const TopicPlan> topics() const { return topics_; }
  // By EventTypeId; empty routes for types that no KPI reads.
  std::span<const RoutePlan> routes() const { return routes_; }
  const Decoder& decoder() const { return *decoder_; }
  const TimeSpec& time() const { return time_; }
  const LimitSpec& limits() const { return limits_; }
  std::span<const KpiInfo> kpi_infos() const { return kpi_infos_; }
  std::span<const RuleInfo> rule_infos() const { return rule_infos_; }

 private:
  friend class Compiler;
  std::vector<KpiPlan> kpis_;
  std::vector<TablePlan> tables_;
  std::vector<RulePlan> rules_;
  std::vector<ClockPlan> clocks_;
  std::vector<TopicPlan> topics_;
  std::vector<RoutePlan> routes_;
  std::unique_ptr<Decoder> decoder_;
  TimeSpec time_;
  LimitSpec limits_;
  std::vector<KpiInfo> kpi_infos_;
  std::vector<RuleInfo> rule_infos_;
};

}  // namespace tidemark
