using KeyRecovery.Protocol.Linking;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// Carries the messages of linking between two devices (docs/protocol.md §13.4), and keeps nothing after the end. Both
/// devices may come to different instances of a server, which then share one relay. Full (<see
/// cref="LinkRelayLimits"/>) it answers <see cref="ErrorCode.Unavailable"/>. Safe for concurrent use.
/// </summary>
public interface ILinkRelay : ILinkSessions, IDisposable
{
    /// <summary>Opens a session for a device. The same opening again gets the same answer.</summary>
    /// <returns>
    /// How long the session waits for its claim; or that its id or nameplate is taken, or a limit reached.
    /// </returns>
    ValueTask<Outcome<TimeSpan>> OpenAsync(LinkOpening opening, CancellationToken ct);

    /// <summary>
    /// Claims a session for a new device; from then on its <paramref name="bearerHash"/> is the new side's.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="joinToken">The token of the code.</param>
    /// <param name="bearerHash">SHA-256 of the new device's bearer.</param>
    /// <param name="network">
    /// The caller's network, cut to /24 or /48, or null where there is none: told to the existing device, and forgotten
    /// with the session. Of a repeated claim the first one's stays.
    /// </param>
    /// <param name="ct">Cancels.</param>
    ValueTask<Outcome<TimeSpan>> ClaimAsync(
        LinkSessionId id, ReadOnlyMemory<byte> joinToken, Hash256 bearerHash, string? network, CancellationToken ct);

    /// <summary>The envelope under a nameplate. Reading does not use it up; the claim does.</summary>
    ValueTask<Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)>> ReadNameplateAsync(
        string nameplate, CancellationToken ct);

    /// <summary>
    /// Appends a message to a side. The relay keeps the bytes as they are: the caller lets go of them.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="bearer">The side's bearer.</param>
    /// <param name="side">The side.</param>
    /// <param name="sequence">The side's next number, from 0; or an earlier one with the same bytes.</param>
    /// <param name="message">1 to 8,192 bytes.</param>
    /// <param name="ct">Cancels.</param>
    ValueTask<Outcome<LinkReceipt>> PutAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message,
        CancellationToken ct);

    /// <summary>Reads a message, and waits for it where it is not there yet.</summary>
    /// <param name="id">The session.</param>
    /// <param name="bearer">Either side's bearer.</param>
    /// <param name="side">Whose message.</param>
    /// <param name="sequence">Its number, from 0.</param>
    /// <param name="wait">How long to wait; more than <see cref="LinkRelayLimits.MaxWait"/> is taken for that.</param>
    /// <param name="ct">Ends the waiting.</param>
    ValueTask<Outcome<LinkRead>> GetAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, TimeSpan wait,
        CancellationToken ct);

    /// <summary>Ends a session, for either side; whoever waits learns it at once.</summary>
    ValueTask<Outcome<LinkReceipt>> EndAsync(LinkSessionId id, ReadOnlyMemory<byte> bearer, CancellationToken ct);

    /// <summary>
    /// For this instance's shutdown: whoever waits here, or would, is told at once to come back later.
    /// </summary>
    void EndWaits();
}
