//! The part of the API's description that the tables of requests make.

use super::extract::PartsPlace;
use super::{FieldType, Request};
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterStyle};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder,
    SchemaFormat, Type,
};
use utoipa::openapi::{Ref, RefOr, Required, Schema};

/// The description of a type of fields.
pub struct Description {
    shape: Shape,
    is_nullable: bool,
}

enum Shape {
    /// A schema that is repeated wherever it applies.
    Inline(Box<Object>),
    /// A component with this name.
    Shared { name: &'static str, schema: Box<RefOr<Schema>> },
    /// A list of 1 to this many items.
    List { item: Box<Description>, len_max: usize },
}

impl Description {
    /// Describes values where they occur.
    pub fn inline(object: ObjectBuilder) -> Self {
        Self { shape: Shape::Inline(Box::new(object.build())), is_nullable: false }
    }

    /// Describes values once for all bodies, under a name.
    pub fn shared(name: &'static str, schema: impl Into<RefOr<Schema>>) -> Self {
        Self { shape: Shape::Shared { name, schema: Box::new(schema.into()) }, is_nullable: false }
    }

    /// Describes lists of 1 to `len_max` items.
    pub fn list(item: Self, len_max: usize) -> Self {
        Self { shape: Shape::List { item: Box::new(item), len_max }, is_nullable: false }
    }

    /// Describes UUIDs.
    pub fn uuid() -> Self {
        let uuid = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        Self::inline(ObjectBuilder::new().schema_type(Type::String).format(Some(uuid)))
    }

    /// Also allows null.
    pub fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    /// Adds the value of an absent field.
    pub fn default(mut self, default: u32) -> Self {
        if let Shape::Inline(object) = &mut self.shape {
            object.default = Some(json!(default));
        }
        self
    }

    fn property(self, about: String, examples: Vec<Value>) -> RefOr<Schema> {
        let property: RefOr<Schema> = match self.shape {
            Shape::Inline(mut object) => {
                if !about.is_empty() {
                    object.description = Some(about);
                }
                object.examples.extend(examples);
                (*object).into()
            }
            Shape::Shared { name, .. } => {
                let mut component = Ref::from_schema_name(name);
                component.description = about;
                component.into()
            }
            Shape::List { item, len_max } => list(*item, len_max, about).into(),
        };
        if !self.is_nullable {
            return property;
        }
        let null = ObjectBuilder::new().schema_type(Type::Null);
        OneOfBuilder::new().item(property).item(null).into()
    }

    fn schema(self) -> RefOr<Schema> {
        match self.shape {
            Shape::Inline(object) => (*object).into(),
            Shape::Shared { schema, .. } => *schema,
            Shape::List { item, len_max } => {
                let items = ArrayBuilder::new().items(item.schema());
                items.min_items(Some(1)).max_items(Some(len_max)).into()
            }
        }
    }

    /// Returns whether a parameter holds several values, separated by commas.
    const fn is_list(&self) -> bool {
        matches!(self.shape, Shape::List { .. })
    }

    /// Returns the component that the description refers to, if there is one.
    fn component(self) -> Option<(String, RefOr<Schema>)> {
        match self.shape {
            Shape::Inline(_) => None,
            Shape::Shared { name, schema } => Some((name.to_owned(), *schema)),
            Shape::List { item, .. } => item.component(),
        }
    }
}

fn list(item: Description, len_max: usize, about: String) -> ArrayBuilder {
    let list = ArrayBuilder::new().items(item.property(String::new(), Vec::new()));
    let list = list.min_items(Some(1)).max_items(Some(len_max));
    list.description((!about.is_empty()).then_some(about))
}

/// A row of a request's table.
pub struct Row {
    name: &'static str,
    about: String,
    examples: Vec<Value>,
    is_required: bool,
    description: Description,
}

impl Row {
    /// Describes a field by its doc comment and its type.
    pub fn new<T: FieldType>(name: &'static str, about: &str, examples: Vec<Value>) -> Self {
        let (is_required, description) = (T::absent().is_err(), T::description());
        Self { name, about: plain(about), examples, is_required, description }
    }
}

/// Returns the text of a doc comment.
pub fn plain(comment: &str) -> String {
    comment.trim().replace("\n ", "\n")
}

/// Describes a body. Of the lists, the first elements count, if there are any.
pub fn object<T: Request>(about: &str, examples: &[Value], fields_min: &[usize]) -> Object {
    let closed = AdditionalProperties::<Schema>::FreeForm(false);
    let mut object =
        ObjectBuilder::new().description(Some(plain(about))).additional_properties(Some(closed));
    for row in T::rows() {
        if row.is_required {
            object = object.required(row.name);
        }
        object = object.property(row.name, row.description.property(row.about, row.examples));
    }
    #[expect(deprecated, reason = "most programs that show the description know only this keyword")]
    let object = object.example(examples.first().cloned());
    object.min_properties(fields_min.first().copied()).build()
}

/// Returns the components that the description of a body refers to.
pub fn components<T: Request>() -> impl Iterator<Item = (String, RefOr<Schema>)> {
    T::rows().into_iter().filter_map(|row| row.description.component())
}

/// Describes parameters or headers.
pub fn parameters<T: Request<Place: PartsPlace>>() -> Vec<Parameter> {
    let parameter = |row: Row| {
        let is_list = row.description.is_list();
        ParameterBuilder::new()
            .name(row.name)
            .parameter_in(T::Place::parameter_in())
            .required(if row.is_required { Required::True } else { Required::False })
            .description(Some(row.about))
            .style(is_list.then_some(ParameterStyle::Form))
            .explode(is_list.then_some(false))
            .schema(Some(row.description.schema()))
            .example(row.examples.into_iter().next())
            .build()
    };
    T::rows().into_iter().map(parameter).collect()
}
