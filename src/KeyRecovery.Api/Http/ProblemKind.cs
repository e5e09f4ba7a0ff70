using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Http;

/// <summary>One row of the problem table.</summary>
/// <param name="Slug">The stable end of the problem's <c>type</c>.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">One sentence for a developer, always the same.</param>
internal sealed record ProblemKind(string Slug, int Status, string Title)
{
    /// <summary>The problem's <c>type</c> (RFC 9457 §3.1.1).</summary>
    public string Type { get; } = ProblemTypes.Prefix + Slug;
}
