namespace KeyRecovery.Api.Bodies;

/// <summary>The server can serve.</summary>
/// <param name="Status"><c>ok</c>.</param>
/// <param name="Checks">Each part of it: <c>ok</c> or <c>down</c>. One that is down here is one that it serves without.
/// </param>
internal sealed record ReadyResponse(string Status, IReadOnlyDictionary<string, string> Checks)
{
    public const string Up = "ok";
    public const string Down = "down";
}
