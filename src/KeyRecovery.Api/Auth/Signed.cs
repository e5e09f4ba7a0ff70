namespace KeyRecovery.Api.Auth;

/// <summary>
/// Marks a route that takes signed requests only; its handler may then ask for a <see cref="SignedRequest"/>.
/// </summary>
/// <param name="MayBeBehind">Whether it only reads, and is answered also where the account lacks its newest link, to
/// who was active at it (docs/protocol.md §7).</param>
/// <param name="MayBeSuspended">Whether it is answered also where the account is suspended, though it is no read.
/// </param>
/// <param name="IsForDevices">Whether no slot may ask, whatever its app allows.</param>
internal sealed record Signed(bool MayBeBehind = false, bool MayBeSuspended = false, bool IsForDevices = false);
