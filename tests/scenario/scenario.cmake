tidemark_test(scenario_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/breach_test.cc ${CMAKE_CURRENT_LIST_DIR}/state_test.cc ${CMAKE_CURRENT_LIST_DIR}/time_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/entity_test.cc ${CMAKE_CURRENT_LIST_DIR}/fields_test.cc ${CMAKE_CURRENT_LIST_DIR}/backfill_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/target_test.cc ${CMAKE_CURRENT_LIST_DIR}/source_test.cc ${CMAKE_CURRENT_LIST_DIR}/import_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/explain_test.cc ${CMAKE_CURRENT_LIST_DIR}/privacy_test.cc ${CMAKE_CURRENT_LIST_DIR}/damaged_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/reliability_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapped_test.cc ${CMAKE_CURRENT_LIST_DIR}/letters_test.cc ${CMAKE_CURRENT_LIST_DIR}/schemas_test.cc ${CMAKE_CURRENT_LIST_DIR}/batches_test.cc ${CMAKE_CURRENT_LIST_DIR}/gaps_test.cc ${CMAKE_CURRENT_LIST_DIR}/held_test.cc
  LIBS tidemark_fakes tidemark_config tidemark_explain tidemark_store tidemark_proto LABELS scenario TIMEOUT 120)
tidemark_test(own_event_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/own_event_test.cc
  LIBS tidemark_fakes tidemark_config LABELS scenario TIMEOUT 120)
if(NOT TIDEMARK_SANITIZE MATCHES thread)  # which has allocation functions of its own, and no room for others
  tidemark_test(allocation_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/allocation_test.cc LIBS tidemark_fakes tidemark_config tidemark_engine tidemark_store tidemark_proto LABELS scenario TIMEOUT 120)
endif()

# Scenario files, through the command as a user runs it: those beside the examples, the catalogue, whatever comes.
file(GLOB scenario_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/config/*/scenarios/*.yaml)
add_test(NAME scenario_files COMMAND tidemark test ${scenario_files})
set_tests_properties(scenario_files PROPERTIES LABELS scenario TIMEOUT 300)
