// Specs resolved against the schema once: tables, columns, routes and fingerprints. What the engine runs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/event/decoder.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/cell.h"
#include "pipeline/plan/derivation.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/filter.h"
#include "pipeline/plan/grouping.h"
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
  uint32_t other = 0;              // kKpi: index into Plan::others(), 0: the formula's own
  bool total = false;              // kKpi: summed over all labels
};

// Whether values of series with different labels add up to that of fewer labels.
inline bool IsAdditive(const KpiSpec& kpi) {
  const Measure m = kpi.measure;
  return m == Measure::kCount || m == Measure::kSum || m == Measure::kFirst || m == Measure::kActive || m == Measure::kLapsed ||
         (m == Measure::kOpen && !kpi.open_distinct);
}

// Where the values of one window lie in a row: a column, and the position among its windows.
struct CellRef {
  uint32_t column = UINT32_MAX;
  uint32_t position = 0;
  bool kept() const { return column != UINT32_MAX; }
};

// One of `stats`: a quantile q = numerator / 100,000 (p99.9 is 99,900), or what the sum and count give.
struct StatPlan {
  enum class Kind : uint8_t { kQuantile, kAvg, kSum, kCount } kind = Kind::kQuantile;
  int64_t numerator = 0;
  std::string name;
};

// KPIs that others imply: x_compare, x_growth_ratio of `compare`, x_ratio of a funnel; of `target` x_target,
// x_attainment_ratio, x_pace_ratio, x_expected_ratio.
enum class Derived : uint8_t { kNone, kCompare, kGrowth, kStepRatio, kTarget, kAttainment, kPace, kExpected };

std::string_view ToString(Derived derived);  // "", "compare", "growth", ...

// Whose values change although nothing is counted and no window moves.
constexpr bool MovesWithTime(Derived derived) { return derived == Derived::kPace || derived == Derived::kExpected; }

// What a KPI shall reach in one window.
struct TargetPlan {
  size_t window = 0;                   // of the KPI that has the target
  std::optional<CalendarUnit> unit;    // a period to date: there is a pace
  std::optional<Decimal> value;        // of what is not named below
  size_t label = SIZE_MAX;             // whose value chooses; SIZE_MAX: none does
  std::map<std::string, Decimal, std::less<>> values;
  uint32_t table = UINT32_MAX;         // index into Plan::lookups(); UINT32_MAX: none
  uint32_t column = 0;
};

struct KpiPlan {
  KpiInfo info;
  Measure measure = Measure::kCount;
  Derived derived = Derived::kNone;
  bool counted = true;                 // false: by another engine, still; here it has no series and no state
  KpiId base{};                        // of a derived KPI
  std::vector<uint32_t> compare;       // indices into Plan::others(), as configured
  std::vector<TargetPlan> targets;     // of a KPI derived from `target`: by its own windows
  int scale = 0;                       // digits after the point of its values
  uint64_t fingerprint = 0;            // of what is stored for it; 0 for a formula
  int64_t min_samples = 0;
  int64_t top = 0;                     // only so many series; 0: all
  bool additive = false;               // values of series with different labels add up to that of fewer labels
  // Stored KPIs:
  TableId table{};
  uint32_t column = 0;                 // within the table
  std::vector<std::vector<CellRef>> cells;  // [index into Plan::others()][window of info]
  std::vector<StatPlan> stats;
  std::optional<TableId> buckets;      // where the histograms behind its quantiles are
  uint32_t bucket_column = 0;
  uint64_t max_series = 0;
  Duration series_idle{};
  uint32_t source_set = 0;             // index into Plan::source_sets(): those that feed it
  // Formulas:
  std::vector<FormulaNode> formula;
  std::vector<std::vector<size_t>> operand_windows;  // [node][window of the formula] -> window of the operand
};

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

// KPIs with the same labels over the same topics: one row per value of the labels. Or the histograms of such a table:
// one row per (row of that table, bucket), which is also its tag.
struct TablePlan {
  uint64_t fingerprint = 0;
  uint32_t clock = 0;                  // index into Plan::clocks()
  std::vector<std::string> labels;
  std::optional<TableId> buckets_of;   // histograms of this table's rows
  std::optional<TableId> buckets;      // this table's histograms
  bool folds = false;                  // its cells come from entities
  const Calendar* calendar = nullptr;  // of its windows
  std::vector<WindowPlan> windows;     // distinct windows of its columns
  std::vector<ColumnPlan> columns;
  Tier hot_tier = Tier::kDay;          // finest tier of its windows
  std::array<uint64_t, kTierCount> tier_columns{};  // mask of columns whose panes are kept at a tier
  std::optional<Duration> min_keep;    // least keep of its columns; nullopt: nothing is ever too late
  uint32_t hot_words = 0, pane_words = 0, acc_words = 0, extras = 0;
};

// A histogram row's tag: the row it is of, and the bucket.
constexpr uint64_t BucketTag(RowId row, int32_t bucket) { return uint64_t{row.v} << 32 | static_cast<uint32_t>(bucket); }
constexpr RowId RowOfTag(uint64_t tag) { return RowId{static_cast<uint32_t>(tag >> 32)}; }
constexpr int32_t BucketOfTag(uint64_t tag) { return static_cast<int32_t>(static_cast<uint32_t>(tag)); }

// Partitions of these topics determine T; sources that come in batches through one of them hold it at what is complete of them.
struct ClockPlan {
  std::vector<TopicId> topics;
  bool held = false;
  std::vector<uint32_t> sources = {};  // indices into Plan::sources(); none in an engine that knows nothing of them: then T never begins
  Duration behind{};                   // at most so far T stands behind a source's newest event; zero: not held
};

// One KPI's step for one event type.
struct Op {
  uint32_t column = 0;
  CellKind kind = CellKind::kCount;
  int32_t filter = -1;                 // index into RoutePlan::filters; -1: every event
  int32_t bucket_hot = -1;             // quantiles: first word in a hot block of the histograms,
  uint32_t bucket_column = 0;          // and the column
  uint32_t slot = 0;                   // of the measured field
  bool needs_present = false;          // an absent field is filtered out, not zero
  uint32_t hot = 0;                    // first word in a hot block
  uint32_t word = 0;                   // first word in a group: Grouping::Cell
  KpiId kpi{};
};

struct LabelSlot {
  uint32_t slot = 0;
  SlotType type = SlotType::kString;
  int scale = 0;
  const google::protobuf::FieldDescriptor* leaf = nullptr;
  bool needs_present = false;          // absent reads "", not zero
};

// How a KPI of entities is folded from their events.
enum class FoldKind : uint8_t {
  kDistinct,
  kLatest,    // active, lapsed
  kFirst,
  kSteps,     // elapsed, funnel
  kDwell,
  kOpen,
  kCounted,   // counts and sums with corrections
};

// One field of an entity that is kept as it stands.
struct LayoutField {
  std::string path;
  SlotType type = SlotType::kString;
  int scale = 0;
};

// What one event type does to one fold.
struct FoldOp {
  uint32_t fold = 0;                   // index into Plan::folds()
  int32_t filter = -1;                 // index into RoutePlan::filters
  uint32_t roles = 0;
  std::vector<LabelSlot> labels;       // distinct, latest, first, dwell: of the row; steps: of the from side
  std::vector<LabelSlot> to_labels;    // steps
  int32_t value_slot = -1;             // dwell: the field; adds: what is added
  std::array<int32_t, 3> version_slots = {-1, -1, -1};  // dwell, open, counted: the parts of the entity's version
  std::vector<int32_t> fields;         // open, counted: slot of each field of the layout, of waiting_for then of each label; -1: not in this type
  // Facts:
  int32_t fact = -1;                   // index into FoldPlan::facts: the event is one
  bool once = false;                   // of which only the earliest is
  uint64_t carries = 0;                // mask of FoldPlan::kept: what it takes over where it lacks it
  Duration within{};                   // what is said up to so long after is taken over, too
  uint64_t says = 0;                   // mask: what it says of the entity. Such an op does nothing else, and isn't counted
  std::vector<int32_t> kept;           // slot of each of FoldPlan::kept; -1: not in this type
};

struct FoldPlan {
  // Roles of an event type; of steps: bit k for step k.
  static constexpr uint32_t kCounts = 1, kEnds = 2, kReopens = 4, kAdds = 8;
  static constexpr uint32_t kRevokes = 1u << 31;  // all but open and counted: the id is nothing from now on

  FoldKind kind = FoldKind::kDistinct;
  std::string key;                     // where its ids are, as written: what its kind of entity is called
  uint64_t entity_kind = 0;            // EntityRoute::kind
  KpiId kpi{};
  TableId table{};
  uint32_t main_column = 0;
  uint64_t columns = 0;                // mask of all its columns
  Duration pane{};                     // of the table's hot tier
  const Calendar* calendar = nullptr;
  bool revocable = false;              // an event type has the role kRevokes
  // distinct, active, lapsed without a lifetime: what a part adds lies at most so long after its newest event. Else nullopt:
  // an event may come that needs it, however late.
  std::optional<Duration> expires;
  struct Unit {                        // of distinct, as what follows
    CalendarUnit unit;
    uint32_t column;
  };
  struct Level {
    Duration length;
    uint32_t column;
  };
  static constexpr Duration kEver = Duration::max();  // of a level: from the first time on
  size_t at_least = 1;
  std::vector<Unit> units;             // calendar periods: ids by their first time in each
  std::vector<Level> levels;           // rolling windows at another time
  Duration memory{};                   // no window reaches further back
  // steps
  uint32_t steps = 0;
  Duration within = Duration::max();
  bool funnel = false;
  std::vector<Side> sides;             // of each label
  std::vector<std::string> step_names; // funnel: values of the label `step`
  // open, counted
  std::vector<LayoutField> layout;
  // The layout as a row, as conditions and labels see it: a slot for each of its fields, then those derived from them.
  uint32_t slots = 0;
  Derivation derivation;
  std::vector<LabelSlot> labels;
  std::optional<Filter> filter;
  int32_t value_slot = -1;
  bool text_value = false;             // that is text: open, distinct
  bool needs_value = false;            // without the field it does not count
  Duration reopen_within{};            // open: later reopenings don't count
  // Facts (plan/facts.h): each part begins with what sources said of the entity, before the fold's state.
  std::vector<LayoutField> kept;       // of an event that is a fact, at most 64
  uint64_t carried = 0;                // mask: those that other events say
  std::vector<std::string> facts;      // event types that are; by number in the part
  std::vector<FoldOp> of_facts;        // what each does to the fold
  bool distinct = false;               // open: counts the different values
  bool silent = false;                 // open: positions are those of the latest event
  bool waiting = false;                // open: positions are those of the last change of a label
};

// The entity an event type is about, and what is folded into it.
struct EntityRoute {
  uint64_t kind = 0;                   // hash of the kind of entity
  std::vector<LabelSlot> ids;          // the first that an event has is the entity's
  std::vector<FoldOp> ops;
};

// What one event type does to one table.
struct TableRoute {
  TableId table{};
  std::vector<LabelSlot> labels;
  std::vector<Op> ops;
};

struct RoutePlan {
  std::vector<Filter> filters;         // distinct conditions, evaluated once an event; at most 64
  std::vector<TableRoute> tables;
  std::vector<EntityRoute> entities;
  Grouping grouping;
  bool empty() const { return tables.empty() && entities.empty(); }
};

struct TopicPlan {
  std::string name;
  DedupSpec dedup;
  std::shared_ptr<const Mapper> mapper;  // from its records to events; null: they are events
  std::string source;                    // of the configuration, which maps them; "": none
  uint32_t batches = UINT32_MAX;         // index into Plan::sources() of the one that comes in batches through it; UINT32_MAX: none
  Duration reach{};                      // events older than its newest by as much may follow: it comes in batches
};

struct SourcePlan {
  std::string name;
  std::string source;                  // of its events
  uint64_t fingerprint = 0;            // of `source`
  Duration expect_every{};
  std::optional<Duration> complete_after;  // it comes in batches, and holds T
};

// Where a heartbeat says whom it is about.
struct HeartbeatPlan {
  EventTypeId type = kNoEventType;     // kNoEventType: the schema has none, or there are no sources
  uint32_t source_slot = 0, through_slot = 0;
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
  double min_coverage = 0;
  Absent absent = Absent::kHold;
  std::optional<ActiveHours> active;
  std::vector<std::pair<size_t, std::string>> label_match;  // (index of label, value)
};

// Immutable and shared between threads.
class Plan {
 public:
  // Null when anything is wrong; every mistake is then in *diagnostics.
  static std::shared_ptr<const Plan> Compile(const Specs& specs, const Schema& schema, Diagnostics* diagnostics);

  // The same plan, of which an engine counts only these KPIs, and what is made of nothing else. Event time and layout are as
  // of the whole, so that two engines that share its KPIs out agree with one that counts all.
  // Without rules and sources where it counts a past beside the `live` one.
  // REQUIRES: an entry for each of kpis(); those of KPIs that are not stored don't matter.
  std::shared_ptr<const Plan> Counting(const std::vector<bool>& stored_kpis, bool live) const;

  std::span<const KpiPlan> kpis() const { return kpis_; }
  std::span<const TablePlan> tables() const { return tables_; }
  std::span<const FoldPlan> folds() const { return folds_; }
  // The other times that windows are compared with; [0] is no other.
  std::span<const CompareSpec> others() const { return others_; }
  std::span<const RulePlan> rules() const { return rules_; }
  std::span<const ClockPlan> clocks() const { return clocks_; }
  std::span<const TopicPlan> topics() const { return topics_; }
  std::span<const SourcePlan> sources() const { return sources_; }
  std::span<const std::vector<uint32_t>> source_sets() const { return source_sets_; }  // indices into sources(), rising; [0] is empty
  const HeartbeatPlan& heartbeat() const { return heartbeat_; }
  std::span<const RoutePlan> routes() const { return routes_; }  // by EventTypeId; empty for types that no KPI reads
  const Decoder& decoder() const { return *decoder_; }
  const Schema& schema() const { return *schema_; }  // with messages of one's own
  // Derived fields, by EventTypeId: to be evaluated between decoding and routing.
  const Derivation& derivation(EventTypeId type) const { return derivations_[type.v]; }
  std::span<const LookupPlan> lookups() const { return lookups_; }
  const std::string& hash_key() const { return hash_key_; }  // of hashes; empty: none
  const Calendar& calendar() const { return *calendar_; }
  // Index into lookups() of the table whose keys are holidays; UINT32_MAX: none.
  uint32_t holidays() const { return holidays_; }
  const TimeSpec& time() const { return time_; }
  const LimitSpec& limits() const { return limits_; }
  std::span<const KpiInfo> kpi_infos() const { return kpi_infos_; }
  std::span<const RuleInfo> rule_infos() const { return rule_infos_; }

 private:
  friend class Compiler;
  std::shared_ptr<const Schema> schema_;
  std::vector<KpiPlan> kpis_;
  std::vector<TablePlan> tables_;
  std::vector<FoldPlan> folds_;
  std::vector<CompareSpec> others_ = {{}};
  std::shared_ptr<const Calendar> calendar_;
  uint32_t holidays_ = UINT32_MAX;
  std::vector<RulePlan> rules_;
  std::vector<ClockPlan> clocks_;
  std::vector<TopicPlan> topics_;
  std::vector<SourcePlan> sources_;
  std::vector<std::vector<uint32_t>> source_sets_ = {{}};
  HeartbeatPlan heartbeat_;
  std::vector<RoutePlan> routes_;
  std::shared_ptr<const Decoder> decoder_;
  std::vector<Derivation> derivations_;
  std::vector<LookupPlan> lookups_;
  std::string hash_key_;
  TimeSpec time_;
  LimitSpec limits_;
  std::vector<KpiInfo> kpi_infos_;
  std::vector<RuleInfo> rule_infos_;
};

}  // namespace tidemark
