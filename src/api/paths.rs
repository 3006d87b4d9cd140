//! The paths there are, as the description of the interface has them: which methods and which
//! parameters of the query each takes.

use std::collections::HashMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi as Document, RefOr};

use super::problem::{Code, Problem};

/// What the paths take.
pub(crate) struct Paths {
    methods: Vec<(Vec<String>, Vec<&'static str>)>,
    queries: HashMap<(String, Method), Vec<String>>,
}

impl Paths {
    /// Reads the description.
    pub(crate) fn of(document: &Document) -> Self {
        let (mut methods, mut queries) = (Vec::new(), HashMap::new());
        for (path, item) in &document.paths.paths {
            let mut taken = Vec::new();
            let operations = [
                (Method::GET, &item.get, ["GET", "HEAD"].as_slice()),
                (Method::POST, &item.post, &["POST"]),
                (Method::PATCH, &item.patch, &["PATCH"]),
                (Method::DELETE, &item.delete, &["DELETE"]),
            ];
            for (method, operation, names) in operations {
                let Some(operation) = operation else { continue };
                taken.extend_from_slice(names);
                queries.insert((path.clone(), method), query_of(operation));
            }
            methods.push((path.split('/').map(str::to_owned).collect(), taken));
        }
        Self { methods, queries }
    }

    /// The methods that a path takes; none where there is nothing.
    pub(crate) fn methods(&self, path: &str) -> Vec<&'static str> {
        let asked: Vec<&str> = path.split('/').collect();
        let same = |parts: &[String]| {
            let any = |part: &str, asked: &str| part.starts_with('{') && !asked.is_empty();
            let fits = |(part, asked): (&String, &&str)| any(part, asked) || part == asked;
            parts.len() == asked.len() && parts.iter().zip(&asked).all(fits)
        };
        self.methods.iter().filter(|(parts, _)| same(parts)).flat_map(|(_, methods)| methods.clone()).collect()
    }
}

fn query_of(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    let in_query = parameters.filter(|parameter| parameter.parameter_in == ParameterIn::Query);
    in_query.map(|parameter| parameter.name.clone()).collect()
}

/// Refuses a parameter of the query that the operation does not know, so that no misspelt filter
/// is passed over.
pub(crate) fn refuse_unknown_query(request: &HttpRequest) -> Result<(), Problem> {
    if request.query_string().is_empty() {
        return Ok(());
    }
    let paths = request.app_data::<web::Data<Paths>>();
    let operation = request.match_pattern().map(|path| (path, request.method().clone()));
    let Some(known) = paths.zip(operation).and_then(|(paths, operation)| paths.queries.get(&operation)) else {
        return Ok(());
    };
    let malformed = |detail: String| Problem::new(Code::MalformedRequest, detail);
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let query = query.map_err(|fault| malformed(format!("the query cannot be taken: {fault}")))?;
    let unknown = query.iter().find(|(name, _)| !known.contains(name));
    match unknown {
        None => Ok(()),
        Some((name, _)) if known.is_empty() => Err(malformed(format!("{name:?} is unknown: this takes no query"))),
        Some((name, _)) => Err(malformed(format!("{name:?} is unknown: the query takes {}", known.join(", ")))),
    }
}
