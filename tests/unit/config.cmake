tidemark_test(config_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/config_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_sections_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_kpis_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_expressions_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_hostile_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_calendar_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_measures_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_entities_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_clauses_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_references_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_estimate_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_shown.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_target_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_web_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_places_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_edges_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_written_test.cc
  LIBS tidemark_config LABELS unit)
target_compile_definitions(config_test PRIVATE TIDEMARK_EXAMPLES="${CMAKE_CURRENT_LIST_DIR}/../../config/examples")
target_link_libraries(config_test PRIVATE tidemark_scenario_files)
tidemark_test(config_catalogue_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/config_catalogue_test.cc
              LIBS tidemark_scenario_files LABELS unit)
target_compile_definitions(config_catalogue_test PRIVATE TIDEMARK_CATALOGUE="${CMAKE_CURRENT_LIST_DIR}/../../config/catalogue")
tidemark_test(config_scenario_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/config_scenario_test.cc
              LIBS tidemark_scenario_files tidemark_proto LABELS unit)
target_compile_definitions(config_scenario_test PRIVATE TIDEMARK_EXAMPLES="${CMAKE_CURRENT_LIST_DIR}/../../config/examples")
