using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Service.Linking;

/// <summary>What a device opens a session with. The relay gets hashes only.</summary>
/// <param name="Id">The session's id, derived from the code.</param>
/// <param name="Account">The device's account.</param>
/// <param name="Authority">The device.</param>
/// <param name="JoinTokenHash">SHA-256 of the token that claims the session.</param>
/// <param name="BearerHash">SHA-256 of the device's own bearer.</param>
/// <param name="Typed">What a typed code needs, or null for a code that is only scanned.</param>
public sealed record LinkOpening(
    LinkSessionId Id, AccountId Account, AuthorityId Authority, Hash256 JoinTokenHash, Hash256 BearerHash,
    LinkNameplate? Typed);
