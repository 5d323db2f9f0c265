// Formulas over a snapshot: operands summed down to the formula's labels, then worked out series by series.
#include <map>

#include "pipeline/store/bytes.h"
#include "pipeline/view/snapshot.h"
#include "pipeline/window/rows.h"

namespace tidemark {
namespace {

Value AddValues(const Value& a, const Value& b) {
  const auto sum = Add(a.decimal(), b.decimal());
  return sum ? Value::Exact(*sum) : Value();
}

}  // namespace

Value Divide(const Value& a, const Value& b) {
  if (b.real() == 0) return {};
  if (!a.exact() || !b.exact()) return Value::Real(a.real() / b.real());
  // Whole quotients stay exact; others are divided once, at one scale.
  const int scale = std::max(a.decimal().scale, b.decimal().scale);
  const auto x = Rescale(a.decimal(), scale), y = Rescale(b.decimal(), scale);
  if (!x || !y) return Value::Real(a.real() / b.real());
  if (x->mantissa % y->mantissa == 0) return Value::Exact({x->mantissa / y->mantissa, 0});
  return Value::Real(NearestQuotient(x->mantissa, y->mantissa));
}

// One evaluation of one formula.
class Snapshot::FormulaRun {
 public:
  FormulaRun(const Snapshot& view, const KpiPlan& kpi, size_t other)
      : view_(view), kpi_(kpi), other_(other), windows_(kpi.info.windows.size()) {}

  void Run(FormulaResult* result) {
    operands_.resize(kpi_.formula.size());
    for (size_t n = 0; n < kpi_.formula.size(); ++n) {
      if (kpi_.formula[n].kind == Formula::Kind::kKpi) Collect(n);
    }
    MarkDenominator(0, false);
    for (const auto& [key, labels] : keys_) {
      FormulaSeries series{labels, {}, {}};
      for (size_t w = 0; w < windows_; ++w) {
        const int64_t samples = Samples(key, w);
        const bool withheld = samples < kpi_.min_samples || (IsRatio() && HasOther(*labels));
        series.values.push_back(withheld ? Value() : Eval(0, key, w));
        series.samples.push_back(samples);
      }
      result->series.push_back(std::move(series));
    }
    const std::string no_operand = "?";  // labels are packed with their lengths, so these are nobody's
    for (size_t w = 0; w < windows_; ++w) result->empty.push_back(kpi_.min_samples > 0 ? Value() : Eval(0, no_operand, w));
  }

 private:
  struct Cell {
    Value value;
    int64_t samples = 0;
  };
  using Cells = std::map<std::string, std::vector<Cell>>;  // by packed labels of the formula

  bool IsRatio() const {
    for (const FormulaNode& node : kpi_.formula) {
      if (node.kind == Formula::Kind::kDivide) return true;
    }
    return false;
  }
  static bool HasOther(const SeriesLabels& labels) {
    for (const std::string& value : labels.values) {
      if (value == kOtherLabel) return true;
    }
    return false;
  }

  void Collect(size_t n) {
    const FormulaNode& node = kpi_.formula[n];
    const KpiPlan& operand = view_.data_.plan->kpis()[node.kpi.v];
    const bool additive = operand.additive;
    std::vector<size_t> positions;  // of the formula's labels among the operand's
    for (const std::string& label : kpi_.info.labels) {
      if (node.total) break;
      const auto& names = operand.info.labels;
      positions.push_back(static_cast<size_t>(std::find(names.begin(), names.end(), label) - names.begin()));
    }
    std::string key;
    view_.ForEachAt(node.kpi, node.other != 0 ? node.other : other_, [&](const SeriesValue& series) {
      key.clear();
      for (const size_t p : positions) PutBytes(&key, series.labels.values[p]);
      if (!node.total) {
        auto& labels = keys_[key];
        if (labels == nullptr) labels = MakeSeriesLabels(kpi_.info.labels, key);
      }
      auto& cells = operands_[n][key];
      if (cells.empty()) cells.assign(windows_, Cell{additive ? Value::Exact({}) : Value(), 0});
      for (size_t w = 0; w < windows_; ++w) {
        if (kpi_.operand_windows[n][w] != series.window) continue;
        cells[w].value = additive && !cells[w].value.absent() ? AddValues(cells[w].value, series.value) : series.value;
        cells[w].samples += series.samples;
      }
    });
  }

  // Operands under the right side of the outermost division count as samples; without one, all do.
  void MarkDenominator(uint32_t n, bool inside) {
    const FormulaNode& node = kpi_.formula[n];
    if (n == 0) counted_.assign(kpi_.formula.size(), !IsRatio());
    if (node.kind == Formula::Kind::kKpi && inside) counted_[n] = true;
    for (size_t a = 0; a < node.args.size(); ++a) {
      MarkDenominator(node.args[a], inside || (node.kind == Formula::Kind::kDivide && a == 1));
    }
  }

  const std::string& KeyOf(size_t n, const std::string& key) const { return kpi_.formula[n].total ? kAllLabels : key; }

  int64_t Samples(const std::string& key, size_t w) const {
    int64_t samples = 0;
    for (size_t n = 0; n < operands_.size(); ++n) {
      const auto it = operands_[n].find(KeyOf(n, key));
      if (counted_[n] && it != operands_[n].end()) samples += it->second[w].samples;
    }
    return samples;
  }

  Value Eval(uint32_t n, const std::string& key, size_t w) const {
    const FormulaNode& node = kpi_.formula[n];
    if (node.kind == Formula::Kind::kNumber) return Value::Exact(node.number);
    if (node.kind == Formula::Kind::kKpi) {
      const auto it = operands_[n].find(KeyOf(n, key));
      if (it != operands_[n].end()) return it->second[w].value;
      return view_.data_.plan->kpis()[node.kpi.v].additive ? Value::Exact({}) : Value();
    }
    const Value a = Eval(node.args[0], key, w);
    if (a.absent()) return {};
    if (node.kind == Formula::Kind::kNegate) {
      return a.exact() ? Value::Exact({-a.decimal().mantissa, a.decimal().scale}) : Value::Real(-a.real());
    }
    const Value b = Eval(node.args[1], key, w);
    if (b.absent()) return {};
    return Apply(node.kind, a, b);
  }

  static Value Apply(Formula::Kind kind, const Value& a, const Value& b) {
    if (kind == Formula::Kind::kDivide) return Divide(a, b);
    if (a.exact() && b.exact()) {
      const auto exact = kind == Formula::Kind::kAdd        ? Add(a.decimal(), b.decimal())
                         : kind == Formula::Kind::kSubtract ? Subtract(a.decimal(), b.decimal())
                                                            : Multiply(a.decimal(), b.decimal());
      if (exact) return Value::Exact(*exact);
    }
    const double x = a.real(), y = b.real();
    return Value::Real(kind == Formula::Kind::kAdd ? x + y : kind == Formula::Kind::kSubtract ? x - y : x * y);
  }

  const Snapshot& view_;
  inline static const std::string kAllLabels;
  const KpiPlan& kpi_;
  const size_t other_;
  const size_t windows_;
  std::vector<Cells> operands_;  // by node
  std::vector<bool> counted_;    // by node
  std::map<std::string, std::shared_ptr<const SeriesLabels>> keys_;
};

const Snapshot::FormulaResult& Snapshot::Formula(KpiId kpi, size_t other) const {
  FormulaResult& result = formulas_[kpi.v * data_.plan->others().size() + other];
  std::call_once(result.once, [&] { FormulaRun(*this, data_.plan->kpis()[kpi.v], other).Run(&result); });
  return result;
}

}  // namespace tidemark
