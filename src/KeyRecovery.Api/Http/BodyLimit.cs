using Microsoft.AspNetCore.Http.Metadata;

namespace KeyRecovery.Api.Http;

/// <summary>The most bytes that a route reads; routing sets it before anything reads.</summary>
/// <param name="Bytes">At least 0.</param>
internal sealed record BodyLimit(long Bytes) : IRequestSizeLimitMetadata
{
    /// <summary>For a route that says nothing: 16 KiB.</summary>
    public const long Default = 16 * 1024;

    /// <inheritdoc/>
    public long? MaxRequestBodySize => Bytes;
}
