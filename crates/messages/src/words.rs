//! The declaration of enums that stand in messages and columns as one word each.

/// Declares an enum whose variants are words in capitals, such as `STOP_MARKET`.
macro_rules! words {
    ($($(#[$meta:meta])* pub enum $Name:ident { $($(#[$variant_meta:meta])* $Variant:ident,)+ })+) => {
        $(
            $(#[$meta])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
                serde::Serialize, serde::Deserialize,
                strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
            )]
            #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
            #[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
            pub enum $Name {
                $($(#[$variant_meta])* $Variant,)+
            }

            impl $Name {
                /// Every word.
                pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

                /// The word in storage and messages.
                pub fn as_str(self) -> &'static str {
                    self.into()
                }
            }
        )+
    };
}

pub(crate) use words;
