//! A query and its parameters.

use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::query_parameter::QueryParameter;
use gcp_bigquery_client::model::query_parameter_type::QueryParameterType;
use gcp_bigquery_client::model::query_parameter_value::QueryParameterValue;

/// A query in GoogleSQL. What it is about is in parameters, never in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its text, with `@name` where a parameter stands.
    pub text: String,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// A parameter, by the name that stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Numbers, as `ARRAY<INT64>`.
    Numbers(&'static str, Vec<u64>),
    /// Texts, as `ARRAY<STRING>`.
    Texts(&'static str, Vec<String>),
}

impl Query {
    /// As a job is configured with it: charged at most so many bytes. Answers
    /// that were kept from before cost nothing and are welcome.
    pub(crate) fn configuration(&self, most_bytes: Option<u64>) -> JobConfigurationQuery {
        JobConfigurationQuery {
            query: self.text.clone(),
            parameter_mode: Some("NAMED".to_owned()),
            query_parameters: Some(self.parameters.iter().map(Parameter::written).collect()),
            use_legacy_sql: Some(false),
            use_query_cache: Some(true),
            maximum_bytes_billed: most_bytes.map(|bytes| bytes.to_string()),
            ..JobConfigurationQuery::default()
        }
    }
}

impl Parameter {
    fn written(&self) -> QueryParameter {
        let (name, of, values) = match self {
            Self::Numbers(name, numbers) => {
                let values = numbers.iter().map(ToString::to_string).collect();
                (name, "INT64", values)
            }
            Self::Texts(name, texts) => (name, "STRING", texts.clone()),
        };
        let scalar = |value| QueryParameterValue {
            value: Some(value),
            ..QueryParameterValue::default()
        };
        QueryParameter {
            name: Some((*name).to_owned()),
            parameter_type: Some(QueryParameterType {
                r#type: "ARRAY".to_owned(),
                array_type: Some(Box::new(QueryParameterType {
                    r#type: of.to_owned(),
                    ..QueryParameterType::default()
                })),
                ..QueryParameterType::default()
            }),
            parameter_value: Some(QueryParameterValue {
                array_values: Some(Vec::into_iter(values).map(scalar).collect()),
                ..QueryParameterValue::default()
            }),
        }
    }
}
