// Makes Mapper::Compiled of a MappingSpec. Internal to this room.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/mapping/compiled.h"

namespace tidemark {

class MapperCompiler {
 public:
  MapperCompiler(std::shared_ptr<const MappingSpec> spec, const Schema& schema, std::string name, Diagnostics* diagnostics)
      : spec_holder_(std::move(spec)), spec_(*spec_holder_), schema_(schema), name_(std::move(name)), diagnostics_(*diagnostics) {}

  // Null when anything is wrong.
  std::unique_ptr<const Mapper::Compiled> Run(const std::string& source, const std::string& hash_key);

 private:
  using Steps = mapping::Steps;

  void Fail(const Place& place, const std::string& what, const std::string& why) { diagnostics_.Add(place, name_ + "." + what + ": " + why); }

  // ---- paths (compile_path.cc) ----
  void Shape();
  // What records are that are events as they are; the mapping's paths must be its message's.
  void Own(const MapRule& rule);
  void CheckOwn(const MapExpr& expr, const std::string& what, std::map<std::string, std::string>* signatures);
  // An array's elements are read once: for one use.
  void CheckArrays();
  std::optional<mapping::Source> SourceOf(const MapExpr& path, const std::string& what);
  std::optional<mapping::Source> InRow(const MapExpr& path, const Steps& base, const std::string& what);
  std::optional<mapping::Source> OfRecord(const MapExpr& path, const std::string& what);
  std::optional<mapping::Source> Attribute(const MapExpr& path, const std::string& what);
  std::optional<mapping::Source> Keyed(const MapKeyed& keyed, const MapExpr& path, const std::string& what);
  // The leaf at a place within the record, wherever that begins; all of them nodes of `root`.
  uint32_t Leaf(const Steps& steps);
  uint32_t LeafAt(mapping::CapturePlan* plan, uint32_t node, uint32_t* leaves);
  // An array within the record whose elements are captured.
  uint32_t Array(const Steps& steps);
  static Steps Joined(Steps base, const Steps& more);
  std::optional<Steps> BaseOf(const MapPath& path, const Place& place, const std::string& what);

  // ---- conditions and values ----
  uint32_t Condition(const MapExpr& expr, const std::string& what);
  uint32_t Value(const MapExpr& expr, const std::string& what);
  uint32_t Compile(const MapExpr& expr, const std::string& what);
  void Call(const MapExpr& expr, const std::string& what, mapping::Node* node);
  // Compares what a path is now with what it was.
  void Change(const MapExpr& expr, const std::string& what, mapping::Node* node);
  uint32_t AddPath(const MapExpr& path, const std::string& what);
  uint32_t Add(mapping::Node node);
  // For MapSurvey: a path that is written, what a condition compares, and what nobody is to see of it.
  void Note(const MapExpr& path, uint32_t node);
  void Tell(const MapExpr* compared, uint32_t node);
  void Hide(const MapExpr& expr);
  static bool IsCondition(const MapExpr& expr);
  static bool IsTime(const MapExpr& expr);
  bool MayBeTime(const MapExpr& expr) const;
  uint32_t Time(const MapExpr& expr, const std::string& what);

  void Schemas();

  // ---- rules ----
  void Fact(const MapRule& spec, EventTypeId type, const std::string& what);
  void Rule(const MapRule& rule, size_t index);
  // What a rule's events have where the mapping names none.
  std::vector<uint32_t> DefaultId(const std::string& what);
  uint32_t DefaultTime(const std::string& what);
  void Field(const MapField& field, EventTypeId type, const std::string& what, Mapper::Compiled::Rule* rule);

  const std::shared_ptr<const MappingSpec> spec_holder_;
  const MappingSpec& spec_;
  const Schema& schema_;
  const std::string name_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Mapper::Compiled> made_;
  uint32_t element_ = mapping::kNone;     // array that the rule at hand goes through
  uint32_t rule_ = mapping::kNone;        // whose values are at hand; kNone: conditions, and what is the source's
  std::set<std::string> hidden_;          // paths to what is personal, or hashed
};

}  // namespace tidemark
