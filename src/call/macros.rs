//! The code that every generated call and enum repeats.

/// Implements `Argument` for numbers, booleans and enums, which are sent as in JSON.
macro_rules! argument {
    ($($kind:ty),*) => {$(
        impl $crate::call::Argument for $kind {
            #[inline]
            fn texts(&self, to: &mut dyn FnMut(&str)) {
                to(&self.to_string());
            }

            #[cfg(feature = "testing")]
            #[inline]
            fn take(&mut self, text: &str) {
                if let Ok(value) = text.parse() {
                    *self = value;
                }
            }
        }
    )*};
}
pub(crate) use argument;

argument!(bool, i64, f64);

/// Implements `send`, `send_raw`, `prepare`, `options` and `.await` of a call.
macro_rules! call {
    ($call:ident, $response:ty) => {
        impl $call {
            /// Sends the call. Awaiting the call itself does the same.
            ///
            /// # Errors
            ///
            /// An [`Error`](crate::Error) with the operation and the [`kind`](crate::Error::kind) of the failure.
            #[inline]
            pub fn send(mut self) -> crate::call::Sending<$response> {
                crate::call::send(&mut self)
            }

            /// Sends the call and returns the body of the response as bytes, unchanged.
            ///
            /// # Errors
            ///
            /// The same errors as `send`, except that a body of any shape is accepted.
            #[inline]
            pub fn send_raw(mut self) -> crate::call::Sending<bytes::Bytes> {
                crate::call::send_raw(&mut self)
            }

            /// Prepares the call without sending it. The result can be stored and [performed](crate::Client::perform)
            /// later, even by another process. See [`Prepared`](crate::Prepared).
            ///
            /// # Errors
            ///
            /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) if an argument cannot be sent.
            #[inline]
            pub fn prepare(self) -> crate::Result<crate::Prepared<Self>> {
                crate::call::prepared::prepare(self)
            }

            /// Changes the options of this call, such as its timeout or its retries.
            #[doc(alias = "timeout")]
            #[doc(alias = "max_retries")]
            #[inline]
            pub fn options(mut self, change: impl FnOnce(crate::Options) -> crate::Options) -> Self {
                self.client = self.client.with_options(change);
                self
            }
        }

        impl IntoFuture for $call {
            type Output = crate::Result<crate::Response<$response>>;
            type IntoFuture = crate::call::Sending<$response>;

            #[inline]
            fn into_future(mut self) -> Self::IntoFuture {
                crate::call::send(&mut self)
            }
        }

        impl std::fmt::Debug for $call {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                crate::call::describe::<Self>(f)
            }
        }
    };
}
pub(crate) use call;
