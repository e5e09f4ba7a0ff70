using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyRecovery.Api.Bodies;

/// <summary>
/// The JSON of the API: camelCase; unknown members, duplicate members and members in another case are refused; at most
/// 16 levels deep; bytes are unpadded base64url.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccountStandingResponse))]
[JsonSerializable(typeof(AccountsResponse))]
[JsonSerializable(typeof(ActivityResponse))]
[JsonSerializable(typeof(AuditKeyResponse))]
[JsonSerializable(typeof(Binary))]
[JsonSerializable(typeof(ClaimLinkRequest))]
[JsonSerializable(typeof(ConfigResponse))]
[JsonSerializable(typeof(DevelopmentTokenRequest))]
[JsonSerializable(typeof(DevelopmentTokenResponse))]
[JsonSerializable(typeof(ErasureJobAccepted))]
[JsonSerializable(typeof(ErasureJobResponse))]
[JsonSerializable(typeof(ErasureLine))]
[JsonSerializable(typeof(ErasureRecordsRequest))]
[JsonSerializable(typeof(ErasureRecordsResponse))]
[JsonSerializable(typeof(ErasureResponse))]
[JsonSerializable(typeof(EventsResponse))]
[JsonSerializable(typeof(ExportResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(ReadyResponse))]
[JsonSerializable(typeof(MoveRequest))]
[JsonSerializable(typeof(MoveResponse))]
[JsonSerializable(typeof(MovesRequest))]
[JsonSerializable(typeof(MovesResponse))]
[JsonSerializable(typeof(HeadsResponse))]
[JsonSerializable(typeof(HoldRequest))]
[JsonSerializable(typeof(HoldsResponse))]
[JsonSerializable(typeof(JwksResponse))]
[JsonSerializable(typeof(LinkNameplateResponse))]
[JsonSerializable(typeof(LinkSessionResponse))]
[JsonSerializable(typeof(OpenLinkRequest))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(RealmResponse))]
[JsonSerializable(typeof(RecoverRequest))]
[JsonSerializable(typeof(RecoverySlotsResponse))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(RepairResponse))]
[JsonSerializable(typeof(RestorePointsResponse))]
[JsonSerializable(typeof(StatisticsResponse))]
[JsonSerializable(typeof(VersionsResponse))]
[JsonSerializable(typeof(ItemsResponse))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Makes the framework's options those of <see cref="JsonSerializerOptions.Strict"/>.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        var strict = JsonSerializerOptions.Strict;
        options.AllowDuplicateProperties = strict.AllowDuplicateProperties;
        options.UnmappedMemberHandling = strict.UnmappedMemberHandling;
        options.PropertyNameCaseInsensitive = strict.PropertyNameCaseInsensitive;
        options.RespectNullableAnnotations = strict.RespectNullableAnnotations;
        options.RespectRequiredConstructorParameters = strict.RespectRequiredConstructorParameters;
        options.NumberHandling = strict.NumberHandling;
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.MaxDepth = 16;
        options.TypeInfoResolverChain.Clear();
        options.TypeInfoResolverChain.Add(Default);
    }
}
