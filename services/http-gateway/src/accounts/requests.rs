//! The requests of the account operations.

use super::begin::Owner;
use super::fields::{
    BodyToken, Email, KeyId, KeyName, Network, NewPassword, Phone, PublicKey, QueryToken, Secret,
    Text,
};
use super::new_password;
use crate::access::account::AccountId;
use crate::access::caller::Scope;
use crate::access::key_kind::KeyKind;
use crate::request::{Flag, List, Nullable, Optional, requests};
use crate::trading_accounts::requests::AccountName;
use messages::Edit;
use session::SessionId;

/// The most networks from which a key may be used.
const NETWORKS_MAX: usize = 20;

requests! {
    /// A new account, or what makes a guest's account a registered one.
    pub struct SignUp in JsonBody {
        /// The owner's email address; unique, regardless of case.
        email: Email = "email", "you@example.com";
        /// A phone number of 7 to 15 digits with its country code; unique, and not needed. Spaces,
        /// dots, dashes, brackets and a leading + are ignored, and a whole JSON number is accepted.
        phone: Nullable<Phone> = "phone", "+1 555 0100";
        /// A password of 8 to 128 characters that is not easy to guess.
        password: NewPassword = "password", "correct horse battery",
            check: |password, ()| new_password::is_no_address(password, email.as_deref());
    }

    /// The credentials to sign in with.
    pub struct NewSession in JsonBody {
        /// The account's email address, in any case.
        email: Text = "email", "you@example.com";
        /// The account's password.
        password: Secret = "password", "correct horse battery";
    }

    /// The account to send a link to.
    pub struct LinkRequest in JsonBody {
        /// The account's email address, in any case.
        email: Email = "email", "you@example.com";
    }

    /// The token of a sign-in link, in a body.
    pub struct LinkToken in JsonBody {
        /// The token from the link.
        token: BodyToken = "token";
    }

    /// The token of a sign-in link, in its query.
    pub struct LinkQuery in Query {
        /// The token, as in the emailed link.
        token: Optional<QueryToken> = "token";
    }

    /// A change of the account. Absent fields stay as they are.
    pub struct ProfileChange in JsonBody given Owner {
        /// The current password; optional for a new one within 15 minutes of using an emailed link.
        password: Optional<Secret> = "password", "correct horse battery";
        /// A new phone number, as at sign-up; null removes the number.
        phone: Edit<Phone> = "phone";
        /// A new password, as at sign-up. It ends all sessions and replaces this one by a new one.
        new_password: Optional<NewPassword> = "newPassword", "correct horse battery staple",
            check: |password, owner| match password {
                Some(password) => new_password::is_no_address(password, owner.email.as_deref()),
                None => Ok(()),
            };
        /// With `newPassword`: whether to delete all API keys as well; by default they are kept.
        end_api_keys: Flag = "endApiKeys",
            check: |ends, _| match (ends, &new_password) {
                (true, None | Some(None)) => Err("requires newPassword".into()),
                _ => Ok(()),
            };
    } example { "password": "correct horse battery", "phone": "+1 555 0101" } with at least 2;

    /// A key to create.
    pub struct NewKey in JsonBody {
        /// A name for the key, without control characters.
        name: KeyName = "name", "market maker";
        /// The key's permissions.
        scope: Scope = "scope";
        /// The kind of the key; `BEARER` if absent.
        kind: KeyKind = "kind";
        /// The account that the key is for; the first one if absent.
        account_id: Optional<AccountId> = "accountId";
        /// The name of an account to open for the key alone, in position mode `one_way`, instead of
        /// one that there is.
        new_account: Optional<AccountName> = "newAccount";
        /// The addresses and networks from which a key of kind `EXCHANGE` may be used; any if absent.
        allowed_addresses: Optional<List<Network, NETWORKS_MAX>> = "allowedAddresses";
        /// The Ed25519 public key with whose private key a key of kind `EXCHANGE` signs, as a PEM. The
        /// key then has no secret.
        public_key: Optional<PublicKey> = "publicKey";
    } example { "name": "market maker", "scope": "TRADE" };

    /// The key's id.
    pub struct KeyPath in Path {
        /// The `keyId` from the list of keys.
        key_id: KeyId = "keyId";
    }

    /// The session's id.
    pub struct SessionPath in Path {
        /// The `sessionId` from the list of sessions.
        session_id: SessionId = "sessionId";
    }
}
