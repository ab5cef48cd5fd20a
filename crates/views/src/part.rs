//! The parts of a view. Each is written and described in one place, so that the description always
//! matches the JSON.

use serde::ser::SerializeMap;
use utoipa::openapi::ObjectBuilder;

/// A part of a view's JSON object: one field, the two of an amount, or all those of another view.
pub trait Part {
    /// Writes the fields.
    ///
    /// # Errors
    /// The serializer's error.
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error>;

    /// Describes the same fields. `example` is the decimal or the text of one.
    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder;
}

/// Defines views as tables: the meaning of a field, its type, its name in JSON and an example.
macro_rules! views {
    ($(
        $(#[doc = $about:literal])+
        pub struct $view:ident {
            $($(#[doc = $doc:literal])+ $field:ident: $part:ty = $name:literal, $example:literal;)+
        }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $view {
            $($(#[doc = $doc])+ pub $field: $part,)+
        }

        impl $crate::part::Part for $view {
            fn write<M: serde::ser::SerializeMap>(
                &self,
                _name: &str,
                object: &mut M,
            ) -> Result<(), M::Error> {
                $($crate::part::Part::write(&self.$field, $name, object)?;)+
                Ok(())
            }

            fn describe(
                object: utoipa::openapi::ObjectBuilder,
                _name: &str,
                _about: &str,
                _example: &str,
            ) -> utoipa::openapi::ObjectBuilder {
                $(
                    let about = concat!($($doc, "\n"),+).trim().replace("\n ", "\n");
                    let object =
                        <$part as $crate::part::Part>::describe(object, $name, &about, $example);
                )+
                object
            }
        }

        impl serde::Serialize for $view {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut object = serializer.serialize_map(None)?;
                $crate::part::Part::write(self, "", &mut object)?;
                serde::ser::SerializeMap::end(object)
            }
        }

        impl utoipa::PartialSchema for $view {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let object = utoipa::openapi::ObjectBuilder::new()
                    .description(Some(concat!($($about, "\n"),+).trim().replace("\n ", "\n")))
                    .additional_properties(Some(
                        utoipa::openapi::schema::AdditionalProperties::<
                            utoipa::openapi::Schema,
                        >::FreeForm(false),
                    ));
                <$view as $crate::part::Part>::describe(object, "", "", "").into()
            }
        }

        impl utoipa::ToSchema for $view {}
    )+};
}
pub(crate) use views;
