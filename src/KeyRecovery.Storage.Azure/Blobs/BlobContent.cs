using Azure;

namespace KeyRecovery.Storage.Azure.Blobs;

/// <summary>A blob as it was read.</summary>
/// <param name="Bytes">What stands in it.</param>
/// <param name="Tag">Which writing of it this is: what a replacement demands.</param>
public sealed record BlobContent(byte[] Bytes, ETag Tag);
