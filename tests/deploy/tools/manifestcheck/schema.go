package main

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"sigs.k8s.io/yaml"
)

// The schema of one version of a custom resource.
type schema struct {
	shape     *structural.Structural
	validator validation.SchemaValidator
}

// By "apiVersion kind".
func loadSchemas(directory string) (map[string]*schema, error) {
	files, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no custom resource definitions in %s", directory)
	}
	schemas := map[string]*schema{}
	for _, file := range files {
		if err := loadFile(file, schemas); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return schemas, nil
}

func loadFile(file string, schemas map[string]*schema) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return err
	}
	for _, version := range definition.Spec.Versions {
		var properties apiextensions.JSONSchemaProps
		err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
			version.Schema.OpenAPIV3Schema, &properties, nil)
		if err != nil {
			return err
		}
		shape, err := structural.NewStructural(&properties)
		if err != nil {
			return err
		}
		validator, _, err := validation.NewSchemaValidator(&properties)
		if err != nil {
			return err
		}
		key := definition.Spec.Group + "/" + version.Name + " " + definition.Spec.Names.Kind
		schemas[key] = &schema{shape, validator}
	}
	return nil
}

func (s *schema) check(document []byte) []string {
	var object map[string]any
	if err := yaml.UnmarshalStrict(document, &object); err != nil {
		return []string{err.Error()}
	}
	var findings []string
	for _, err := range validation.ValidateCustomResource(nil, object, s.validator) {
		findings = append(findings, err.Error())
	}
	options := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, field := range pruning.PruneWithOptions(object, s.shape, true, options) {
		findings = append(findings, fmt.Sprintf("unknown field %q", field))
	}
	return findings
}
