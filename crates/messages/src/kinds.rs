//! The table from which the messages of a stream are declared.

/// Declares the messages of a stream, one row a message: the variant, its payload and the `type` of
/// its entries. A message of the section `account` has the owner of the account in the entry's
/// `userId`; one of the section `empty` has no data.
macro_rules! messages {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident: $noun:literal {
            $(account { $($(#[$account_doc:meta])* $Account:ident($Of:ty) = $account_kind:literal,)+ })?
            $(payload { $($(#[$payload_doc:meta])* $Payload:ident($With:ty) = $payload_kind:literal,)+ })?
            $(empty { $($(#[$empty_doc:meta])* $Empty:ident = $empty_kind:literal,)+ })?
        }
    ) => {
        $(#[$meta])*
        pub enum $Name {
            $($($(#[$account_doc])* $Account($crate::UserId, $Of),)+)?
            $($($(#[$payload_doc])* $Payload($With),)+)?
            $($($(#[$empty_doc])* $Empty,)+)?
        }

        impl $Name {
            /// Every `type` that an entry can have.
            pub const KINDS: [&'static str; {
                [$($($account_kind,)+)? $($($payload_kind,)+)? $($($empty_kind,)+)?].len()
            }] = [$($($account_kind,)+)? $($($payload_kind,)+)? $($($empty_kind,)+)?];

            /// The entry's `type`.
            pub const fn kind(&self) -> &'static str {
                Self::KINDS[self.kind_index()]
            }

            /// The index of the type in `KINDS`, for tables by type.
            pub const fn kind_index(&self) -> usize {
                #[allow(clippy::enum_variant_names, reason = "they are the message's variants")]
                enum Index { $($($Account,)+)? $($($Payload,)+)? $($($Empty,)+)? }
                let index = match self {
                    $($(Self::$Account(..) => Index::$Account,)+)?
                    $($(Self::$Payload(_) => Index::$Payload,)+)?
                    $($(Self::$Empty => Index::$Empty,)+)?
                };
                index as usize
            }

            /// Adds the payload to the fields of an entry.
            fn encode_payload(&self, fields: $crate::Fields) -> $crate::Fields {
                match self {
                    $($(Self::$Account(_, payload) => fields.with_payload(payload),)+)?
                    $($(Self::$Payload(payload) => fields.with_payload(payload),)+)?
                    $($(Self::$Empty => fields.with("payload", "{}"),)+)?
                }
            }

            /// Decodes the message from the fields of an entry.
            fn decode_kind(fields: &$crate::Fields) -> Result<Self, $crate::DecodeError> {
                match fields.kind()? {
                    $($($account_kind => {
                        let payload = fields.payload()?;
                        Ok(Self::$Account(fields.id("userId")?, payload))
                    })+)?
                    $($($payload_kind => Ok(Self::$Payload(fields.payload()?)),)+)?
                    $($($empty_kind => Ok(Self::$Empty),)+)?
                    other => Err($crate::DecodeError::new(
                        "type",
                        format!(concat!("is the unknown ", $noun, " type {:?}"), other),
                    )),
                }
            }
        }

        $(impl $Name {
            /// The owner of the account that the message concerns, if any.
            pub const fn user_id(&self) -> Option<$crate::UserId> {
                match self {
                    $(Self::$Account(user_id, _) => Some(*user_id),)+
                    _ => None,
                }
            }
        })?
    };
}

pub(crate) use messages;
