//! Previews: `/previews`, of which the fake keeps the sets of devices.

use serde_json::json;

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("previews.list_device_sets", crud::list::<DeviceSet>),
    ("previews.create_device_set", crud::create::<DeviceSet>),
    ("previews.retrieve_device_set", crud::retrieve::<DeviceSet>),
    ("previews.update_device_set", crud::replace::<DeviceSet>),
    ("previews.archive_device_set", archive),
];

document!(DeviceSet, "device set");

impl Create for DeviceSet {
    const ID_PREFIX: &'static str = "pvs_";

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let now = json!(iso(request.now));
        let created = before.map_or_else(|| now.clone(), |before| or_null(&before.0, "created_at"));
        let about = json!({"id": id, "created_at": created, "updated_at": now});
        Ok(Self(with(pick(&request.body, &["name", "device_ids"]), about)))
    }
}

fn archive(state: &mut State, request: &Request<'_>) -> Outcome {
    let set = state.find::<DeviceSet>(request.id(0))?.0.clone();
    state.table_mut::<DeviceSet>().remove(request.id(0));
    Ok(Response::ok(with(set, json!({"archived_at": iso(request.now)}))))
}
