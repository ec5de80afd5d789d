!function(){"use strict";const t=[{name:"RTX 4090",memory:"24 GB",listPrice:2.05,memberPrice:1.95},{name:"RTX 3080 Ti",listPrice:.93},
{"name":"A800-80G","listPrice":"6.2","hot":!0},{listPrice:4.1,name:'Ascend 910B2'},{name:"vGPU-32GB",listPrice:1.6},
{name:"数据盘 50GB",listPrice:.3},{name:"RTX 3090",listPrice:0}];function e(n){return n.listPrice*2}window.a=t.map(e)}();
