using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Benchmarks;

/// <summary>An account that is to be erased: a device, a code, one item.</summary>
/// <param name="Subject">Its user.</param>
/// <param name="Phone">Its device, and what verifies it.</param>
/// <param name="Key">Its device's key.</param>
/// <param name="Data">Its rows in the data store.</param>
/// <param name="Keys">A key row and two lookups; of which account does not matter to those who count bytes.</param>
internal sealed record ErasureAccount(
    string Subject, KeyId Phone, VerifyKey Key, IReadOnlyList<Row> Data, IReadOnlyList<Row> Keys);
