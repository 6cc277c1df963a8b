using System.Runtime.CompilerServices;

// RFC 7541 Appendix C states integers and the content of the tables; the tests check both, callers need neither.
[assembly: InternalsVisibleTo("ActorTunnel.Http2.Tests")]
